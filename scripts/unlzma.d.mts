export function unlzma(packed: Uint8Array): Uint8Array<ArrayBuffer>;
