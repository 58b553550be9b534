// All specs in one module: compiled together they take a fifth of the time.

import "./activation.spec";
import "./binary.spec";
import "./copy.spec";
import "./crossentropy.spec";
import "./gemm.spec";
import "./guard.spec";
import "./loss.spec";
import "./math.spec";
import "./pack.spec";
import "./parallel.spec";
import "./random.spec";
import "./reduce.spec";
import "./softmax.spec";
import "./update.spec";
import "./vm.spec";
