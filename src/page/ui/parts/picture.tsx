// A picture from the bytes that a model sees.

import { useEffect, useRef } from "preact/hooks";
import type { Picture } from "../../engine/api.ts";

export function PictureView({ picture: { width, height, channels, data, most }, label }: { readonly picture: Picture; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = (255 * data[i * channels + (channels < 3 ? 0 : c)]!) / most;
      pixels.data[4 * i + 3] = 255;
    }
    canvas.current!.getContext("2d")!.putImageData(pixels, 0, 0);
  }, [data]);
  return <canvas ref={canvas} class="picture" width={width} height={height} role="img" aria-label={label} />;
}
