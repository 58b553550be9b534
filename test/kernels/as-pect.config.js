// Kernel tests: `npm run test:kernels`, or one file of them: `SPEC=gemm npm run test:kernels`. The script starts as-pect
// without its command `asp`, which may exit before it has passed on the last lines.
const spec = process.env.SPEC ? `${process.env.SPEC}.spec` : "all";

export default {
  entries: [`test/kernels/${spec}.ts`],
  include: [],
  disclude: [/node_modules/],
  reporter: "test/kernels/reporter.js",
  instantiate: (memory, createImports, instantiate, binary) => instantiate(binary, createImports({ env: { memory } })),
};
