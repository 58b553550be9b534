export const name = "start"; export const rows = () => []; export const report = async () => undefined;
