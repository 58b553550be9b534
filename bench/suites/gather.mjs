export const name = "gather"; export const rows = () => []; export const report = async () => undefined;
