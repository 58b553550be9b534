/** The release, as package.json has it: files name it. */
export const RELEASE = "0.1.0";
