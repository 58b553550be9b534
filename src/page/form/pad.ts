// A field to draw on: with mouse, pen or finger, or with the keyboard, where arrows move the pen and the space bar puts it down.

import type { Drawing } from "./fields.ts";

export interface Pad {
  clear(): void;
  drawing(): Drawing;
}

/** Places on a side; the pen's width; how far an arrow goes. */
const SIDE = 224, PEN = 20, STEP = 8;

/** Makes a canvas a drawing field; `changed` is called after each stroke, and when it was cleared. */
export function padOn(canvas: HTMLCanvasElement, changed: (empty: boolean) => void): Pad {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  let x = SIDE / 2, y = SIDE / 2, down = false, under: ImageData | undefined;

  const hide = (): void => {
    if (under) context.putImageData(under, 0, 0);
    under = undefined;
  };
  /** Where the pen is, for those who cannot see it otherwise. */
  const show = (): void => {
    under = context.getImageData(0, 0, SIDE, SIDE);
    context.strokeStyle = "#1f4fd1";
    context.lineWidth = 3;
    context.beginPath();
    context.arc(x, y, PEN / 2, 0, 2 * Math.PI);
    context.stroke();
  };
  const to = (nextX: number, nextY: number): void => {
    context.strokeStyle = "#000";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(x, y);
    [x, y] = [nextX, nextY];
    context.lineTo(x, y);
    context.stroke();
  };
  const clear = (): void => {
    under = undefined;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
  };
  const placeOf = ({ clientX, clientY }: PointerEvent): [number, number] => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * SIDE) / width, ((clientY - top) * SIDE) / height];
  };

  clear();
  canvas.addEventListener("pointerdown", (event) => {
    hide();
    canvas.setPointerCapture(event.pointerId);
    [x, y] = placeOf(event);
    to(x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) to(...placeOf(event));
  });
  canvas.addEventListener("pointerup", () => changed(false));
  const WAYS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  canvas.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    hide();
    const within = (value: number): number => Math.min(SIDE - PEN / 2, Math.max(PEN / 2, value));
    if (!way) down = !down;
    else if (!down) [x, y] = [within(x + way[0]), within(y + way[1])];
    if (down) {
      to(within(x + (way?.[0] ?? 0)), within(y + (way?.[1] ?? 0)));
      changed(false);
    }
    show();
  });
  canvas.addEventListener("blur", hide);

  return {
    clear() {
      clear();
      changed(true);
    },
    drawing() {
      const shown = under ?? context.getImageData(0, 0, SIDE, SIDE), ink = new Uint8Array(SIDE * SIDE);
      for (let i = 0; i < ink.length; i++) ink[i] = 255 - shown.data[4 * i]!;
      return { height: SIDE, width: SIDE, ink };
    },
  };
}
