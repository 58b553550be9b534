// Lists that do not grow without end.

/** A list of at most so many entries: when there are more, every second one goes, and from then on so many fewer are taken. The last one that
 * came is always there. */
export class Series<T> {
  private list: T[];
  private every = 1;
  private came: number;
  /** Is the last entry there only until another one comes? */
  private loose = false;

  constructor(private readonly most: number, list: readonly T[] = []) {
    this.list = [...list];
    this.came = list.length;
  }

  add(value: T): void {
    if (this.loose) this.list.pop();
    this.loose = this.came % this.every !== 0;
    if (!this.loose && this.list.length >= this.most - 1) {
      this.list = this.list.filter((_, i) => i % 2 === 0);
      this.every *= 2;
      this.loose = this.came % this.every !== 0;
    }
    this.came++;
    this.list.push(value);
  }

  /** As they are now. */
  get all(): readonly T[] {
    return [...this.list];
  }
}

/** Of numbers that rise, `most` that are spread as evenly as those given allow; the first and the last are among them. */
export function spread(numbers: readonly number[], most: number): number[] {
  const left = [...numbers];
  while (left.length > Math.max(2, most)) {
    let closest = 1;
    for (let i = 2; i < left.length - 1; i++) if (left[i + 1]! - left[i - 1]! < left[closest + 1]! - left[closest - 1]!) closest = i;
    left.splice(closest, 1);
  }
  return left;
}
