// One line for each group, the figures that its tests report, and for a failure its message, or the trap and where.
const TEST = 0;
const print = (text) => process.stdout.write(text); // as-pect hands over stderr as this.stdout

export default {
  onEnter() {},

  onExit(_context, node) {
    const tests = node.children.filter((child) => child.type === TEST);
    if (!node.pass && !tests.length && node.parent) print(`✘ ${node.name}: ${reason(node)}\n`);
    if (!tests.length) return;
    const failed = tests.filter((test) => !test.pass);
    const count = failed.length ? `${failed.length} of ${tests.length} tests failed` : `${tests.length} tests`;
    print(`${failed.length ? "✘" : "✔"} ${node.name}: ${count}, ${Math.round(node.deltaT)} ms\n`);
    for (const test of tests) {
      if (!test.pass) print(`  ✘ ${test.name}\n      ${reason(test).replaceAll("\n", "\n      ")}\n`);
      for (const { value } of test.logs) print(`    ${value}\n`);
    }
  },

  onFinish(context) {
    for (const { message, stackTrace } of context.errors) print(`✘ ${message}\n${stackTrace}\n`);
  },
};

/** as-pect leaves the message of the last error in place when a test ends by a trap. */
function reason({ message, stackTrace }) {
  return /^RuntimeError: (?!abort|unreachable)/.test(stackTrace ?? "") ? stackTrace.split("\n").slice(0, 6).join("\n") : message;
}
