// The release, as files, manifests and the command line tell it; test/train/manifest.test.ts holds it to package.json.

export const VERSION = "0.1.0";
