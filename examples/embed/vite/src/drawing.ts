// Drawings as numbers: strokes of points in the unit square become small grey images, the network's inputs.

export type Point = readonly [x: number, y: number];
/** Strokes, in the order in which they were drawn. */
export type Drawing = readonly (readonly Point[])[];

/** Pixels of an image's side. */
export const SIDE = 24;
const MARGIN = 3;
/** Half the pen's width, in pixels. */
const RADIUS = 1;

/** A drawing as one row of numbers: moved to the middle and scaled to fill the image, so that its place and size do not matter.
 * Before that it may be turned (in radians) and stretched. */
export function imageOf(drawing: Drawing, turn = 0, stretch = 1): Float32Array {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const strokes = drawing.map((stroke) => stroke.map(([x, y]): Point => [stretch * (c * x - s * y), s * x + c * y]));
  const points = strokes.flat(), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (SIDE - 2 * MARGIN) / Math.max(right - left, bottom - top, 0.1);
  const place = ([x, y]: Point): Point => [(x - (left + right) / 2) * scale + SIDE / 2, (y - (top + bottom) / 2) * scale + SIDE / 2];
  const image = new Float32Array(SIDE * SIDE);
  for (const stroke of strokes) {
    const placed = stroke.map(place);
    placed.forEach((to, i) => draw(image, placed[i - 1] ?? to, to));
  }
  return image;
}

/** Draws a line: a pixel is as dark as the pen covers it. */
function draw(image: Float32Array, [x0, y0]: Point, [x1, y1]: Point): void {
  const reach = RADIUS + 1, [dx, dy] = [x1 - x0, y1 - y0], length = dx * dx + dy * dy || 1;
  for (let row = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); row < Math.min(SIDE, Math.max(y0, y1) + reach); row++)
    for (let column = Math.max(0, Math.floor(Math.min(x0, x1) - reach)); column < Math.min(SIDE, Math.max(x0, x1) + reach); column++) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0], along = Math.min(1, Math.max(0, (x * dx + y * dy) / length));
      const covered = Math.min(1, RADIUS + 0.5 - Math.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2)), at = row * SIDE + column;
      if (covered > image[at]!) image[at] = covered;
    }
}

/** Few drawings teach more if each is seen a little turned and stretched as well. */
const VARIANTS = [-0.2, 0, 0.2].flatMap((turn) => [0.8, 1, 1.25].map((stretch) => [turn, stretch] as const));
const known = new WeakMap<Drawing, Float32Array[]>();

/** How many images a drawing has for training, */
export const VARIETY = VARIANTS.length;

/** and which. */
export function variantsOf(drawing: Drawing): Float32Array[] {
  let images = known.get(drawing);
  if (!images) known.set(drawing, (images = VARIANTS.map(([turn, stretch]) => imageOf(drawing, turn, stretch))));
  return images;
}
