// What the terminal shows. On a terminal the progress is one line that changes; elsewhere, or with NO_COLOR, plain lines.

const live = process.stdout.isTTY === true && !process.env.NO_COLOR;

/** A progress line: update(step) as often as you like, epoch(report) after each epoch. */
export function progress(epochs) {
  let start, drawn = 0, accuracy;
  return {
    update({ epoch, step, steps, loss }) {
      const now = performance.now();
      start ??= now; // set-up does not count
      if (!live || step === 1 || now - drawn < 100) return;
      drawn = now;
      const rate = (step - 1) / ((now - start) / 1000), left = (steps - step) / rate;
      const held = accuracy === undefined ? "" : `  held-out accuracy ${accuracy.toFixed(4)}`;
      process.stdout.write(`\r\x1b[2Kepoch ${epoch}/${epochs}  step ${step}/${steps}  loss ${loss.toFixed(4)}${held}  ${rate.toFixed(0)} steps/s  ${left.toFixed(0)} s left`);
    },
    epoch({ epoch, step, loss, rowsPerSecond, validation }) {
      accuracy = validation.accuracy;
      const line = `epoch ${String(epoch).padStart(2)}/${epochs}  step ${step}  loss ${loss.toFixed(4)}  held-out accuracy ${accuracy.toFixed(4)}  ${rowsPerSecond.toFixed(0)} rows/s`;
      process.stdout.write(live ? `\r\x1b[2K${line}\n` : `${line}\n`);
    },
  };
}

/** Bytes by region, as a table. */
export function memoryTable(plan) {
  return Object.entries(plan).map(([region, bytes]) => `  ${region.padEnd(12)} ${(bytes / 1024).toFixed(1).padStart(10)} KiB`).join("\n");
}

/** Rows: what it is; columns: what the model says. */
export function confusion(truth, answers, classes) {
  const counts = classes.map(() => classes.map(() => 0));
  truth.forEach((digit, row) => counts[digit][answers[row]]++);
  const line = (name, cells) => `  ${name.padStart(4)} ${cells.map((cell) => String(cell).padStart(5)).join("")}`;
  return [line("", classes), ...counts.map((row, digit) => line(classes[digit], row.map((n) => n || ".")))].join("\n");
}

/** A digit drawn in text, two pixels a character. */
export function draw(pixels, width = 28) {
  const shades = " .:-=+*#%@", lines = [];
  for (let y = 0; y < width; y += 2) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const ink = (pixels[y * width + x] + pixels[(y + 1) * width + x]) / 2;
      line += shades[Math.min(9, Math.floor(ink * 10))];
    }
    lines.push(`    ${line}`);
  }
  return lines.filter((line) => line.trim()).join("\n");
}
