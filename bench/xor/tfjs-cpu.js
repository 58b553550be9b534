import "@tensorflow/tfjs-backend-cpu";
import { train } from "./tfjs.js";

await train();
