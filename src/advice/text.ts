// Numbers, sizes and templates, as people read them.

/** 1234567 as 1,234,567. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number in four digits. */
export function short(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x);
}

/** A share from 0 to 1 with four decimals, in which columns of them stand straight. */
export function share(x: number): string {
  return Number.isFinite(x) ? x.toFixed(4) : "–";
}

/** 1,536 bytes as 1.5 KB. */
export function sized(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let at = 0, value = bytes;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return at === 0 ? `${value} ${value === 1 ? "byte" : "bytes"}` : `${Number(value.toPrecision(3))} ${units[at]}`;
}

/** "1 row", "2 rows" */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

/** A template with its values: {name} stands for a value, {n:row|rows} for the word that goes with one, or with more. */
export function filled(template: string, values: Readonly<Record<string, string | number>> = {}): string {
  return template.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name: string, one?: string, more?: string) => {
    const value = values[name];
    if (one !== undefined) return value === 1 ? one : more!;
    return typeof value === "number" ? numberText(value) : value ?? "";
  });
}

/** A number as people read it. */
export function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? grouped(value) : short(value);
}

/** learningRate as learning-rate. */
export const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
