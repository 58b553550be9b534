export function packedGuide(file: string): Uint8Array;
