// A pad to draw on: by mouse, pen or finger, or by the keyboard.

import type { Drawing, Point } from "./drawing.ts";

/** How far an arrow key moves the pen, of the pad's side. */
const STEP = 0.025;
const ARROWS: Readonly<Record<string, Point>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  /** Told of each change. */
  onChange: () => void = () => {};
  private readonly canvas: HTMLCanvasElement;
  private strokes: Point[][] = [];
  /** Where the keyboard's pen is, and whether it is down. */
  private pen: Point = [0.5, 0.5];
  private down = false;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.strokes.push([]);
      this.follow(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.follow(event);
    });
    canvas.addEventListener("keydown", (event) => this.press(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.paint());
    new ResizeObserver(() => this.paint()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  get drawing(): Drawing {
    return this.strokes.filter((stroke) => stroke.length > 0);
  }

  clear(): void {
    this.strokes = [];
    this.down = false;
    this.changed();
  }

  private follow(event: PointerEvent): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect(), events = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of events.length ? events : [event]) this.strokes.at(-1)?.push([(clientX - left) / width, (clientY - top) / height]);
    this.changed();
  }

  private press(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key], inside = (n: number): number => Math.min(1, Math.max(0, n));
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    if (arrow) this.pen = [inside(this.pen[0] + STEP * arrow[0]), inside(this.pen[1] + STEP * arrow[1])];
    else if ((this.down = !this.down)) this.strokes.push([]);
    if (this.down) this.strokes.at(-1)?.push(this.pen);
    this.changed();
  }

  private changed(): void {
    this.paint();
    this.onChange();
  }

  private paint(): void {
    const { canvas } = this, { width, height } = canvas.getBoundingClientRect(), style = getComputedStyle(canvas), context = canvas.getContext("2d")!;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    context.scale(canvas.width, canvas.height);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = 0.03;
    context.strokeStyle = style.color;
    for (const stroke of this.drawing) {
      context.beginPath();
      for (const [x, y] of [stroke[0]!, ...stroke]) context.lineTo(x, y);
      context.stroke();
    }
    if (!canvas.matches(":focus-visible")) return;
    context.beginPath();
    context.arc(...this.pen, this.down ? 0.02 : 0.03, 0, 7);
    context.lineWidth = 0.008;
    context.strokeStyle = context.fillStyle = style.outlineColor;
    if (this.down) context.fill();
    context.stroke();
  }
}
