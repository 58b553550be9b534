export function guideModule(file: string): string;
