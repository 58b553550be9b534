// Training that can be proved: the chain of a run, and what verify says of it, as it was and with one bit of a weight the other way.
import { adam, audit, createModel, crossEntropy, dense, dropout, relu, sequential, verify } from "lanewise";
import { report, site } from "./report.js";

const x = Float32Array.from({ length: 240 }, (_, i) => ((i * 7919) % 101) / 64 - 1), data = { x, y: Int32Array.from({ length: 40 }, (_, i) => (i * 31) % 3) };

/** The bit of the second last byte of the first tensor; its header says where that is. */
function flipped(file) {
  const other = file.slice(), size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)));
  other[8 + size + header["parameter 0.weight"].data_offsets[1] - 2] ^= 1;
  return other;
}

async function proof() {
  const kept = [], trail = audit({ stepHashes: true }), model = await createModel(sequential(dense(7), relu(), dropout(0.2), dense(3)), { input: [6], seed: 3, ...site });
  const keep = { onEpoch: (_, training) => void kept.push(training.checkpoint()) };
  await model.fit(data, { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, epochs: 3, callbacks: [trail, keep] });
  await model.dispose();
  const found = await verify(kept, data, site), wrong = await verify(kept.map((file, i) => (i === 1 ? flipped(file) : file)), data, site);
  return { chain: trail.chain, ok: found.ok, intervals: found.intervals.length, wrong: wrong.firstBad };
}

export default report(proof());
