// The loss curve: an SVG of the last epochs, on a logarithmic scale, with a dash where a sample came in.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, DASH] = [300, 100, 8];
const LAST = 600;
/** Losses at the curve's top and bottom. */
const [TOP, BOTTOM] = [Math.log(3), Math.log(0.005)];

export interface Entry {
  readonly loss: number;
  /** Is it the first with a new sample? */
  readonly fresh: boolean;
}

export class Curve {
  private readonly line = document.createElementNS(SVG, "path");
  private readonly dashes = document.createElementNS(SVG, "path");
  private shown: Entry[] = [];
  private fresh = false;
  private asked = false;

  constructor(svg: SVGElement) {
    this.line.setAttribute("class", "line");
    this.dashes.setAttribute("class", "dashes");
    svg.append(this.dashes, this.line);
  }

  /** A sample has come in: the next loss is the first with it. */
  mark(): void {
    this.fresh = true;
  }

  add(loss: number): void {
    this.entries = [...this.shown, { loss, fresh: this.fresh }].slice(-LAST);
    this.fresh = false;
  }

  get entries(): readonly Entry[] {
    return this.shown;
  }

  set entries(entries: readonly Entry[]) {
    this.shown = [...entries];
    this.paint();
  }

  /** Once for each frame of the screen, however many epochs there were. */
  private paint(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      const { entries } = this, x = (i: number): string => ((i / Math.max(1, entries.length - 1)) * WIDTH).toFixed(1);
      const y = (loss: number): string => (Math.min(1, Math.max(0, (Math.log(loss) - TOP) / (BOTTOM - TOP))) * (HEIGHT - DASH - 4) + 2).toFixed(1);
      this.line.setAttribute("d", entries.map(({ loss }, i) => `${i ? "L" : "M"}${x(i)} ${y(loss)}`).join(""));
      this.dashes.setAttribute("d", entries.map(({ fresh }, i) => (fresh ? `M${x(i)} ${HEIGHT - DASH}V${HEIGHT}` : "")).join(""));
    });
  }
}
