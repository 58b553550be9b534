// The cases of the ONNX backend tests whose operators lanewise has, and that it does not pass: why not. `npm run proof`
// prints them.
export const LISTED: readonly { cases: RegExp; why: string }[] = [
  { cases: /_u?int8$|_int8_|_u?int16$|_uint(32|64)$/, why: "no tensors of this type: numbers are float32, labels and positions int32" },
  { cases: /_float16$/, why: "no tensors of float16" },
  { cases: /(max|min)_int(32|64)$|operator_non_float_params$|pow_types_int(32|64)_/, why: "arithmetic is that of float32; int32 is for labels and positions" },
  { cases: /pow_types_float$/, why: "integers to the power of floats, in integers" },
  { cases: /arg(max|min)_.*_select_last_index$/, why: "argmax gives the first of equals, as PyTorch's does on CPUs" },
  { cases: /dropout_.*mask(_ratio)?$/, why: "dropout does not hand out its mask" },
  { cases: /training_dropout(_default)?$/, why: "dropout draws from the model's own generator, and these numbers are numpy's" },
  { cases: /matmul_[34]d$/, why: "matmul takes two matrices, not stacks of them" },
  { cases: /slice_neg_steps$/, why: "slice takes every element of a range, in its order" },
  { cases: /slice_start_out_of_bounds$|split_zero_size_splits$|reshape_allowzero_reordered$/, why: "no tensors without elements" },
  { cases: /adam_multiple$/, why: "its numbers were made with an epsilon of 0.01, and its node names none: ONNX's default is 1e-6" },
];
