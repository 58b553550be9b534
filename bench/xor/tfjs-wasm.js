import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { setBackend } from "@tensorflow/tfjs-core";
import { train } from "./tfjs.js";

setWasmPaths("./");
await setBackend("wasm");
await train();
