/// <reference lib="esnext.disposable" preserve="true" />
// The whole public surface of lanewise. lanewise/ops has the functions on Values.

export { createModel, type InputOption, loadModel, type LoadOptions, type ModelOptions } from "./create.ts";
export { type Classification, type EvaluateOptions, type MemoryPlan, Model, type ModelInfo } from "./model.ts";
export type { Profile, ProfiledInstruction, ProfiledStep, ProfileOptions } from "./profile/report.ts";
export type { WorkerModel } from "./workerModel.ts";
export { hash } from "./hash.ts";
export { findLearningRate, type FindLearningRateOptions, type RateCurve } from "./findLearningRate.ts";

// data sets, splits and images
export { dataset, type DatasetOptions, type DatasetStream, type RowMaker, type StreamSplitOptions } from "./data/dataset.ts";
export { Dataset, type Fold, type FoldOptions, kFold, type Parts, split, type SplitBy, type SplitOptions } from "./data/splits.ts";
export { crossValidate, type CrossValidateOptions, type CrossValidation, type FoldPart, type FoldReport } from "./data/crossValidate.ts";
export { classWeights, type ClassWeightsOptions, oversample, rowWeights } from "./data/balance.ts";
export { image, imageBatches, type ImageBatchesOptions, imageFiles, type ImageFilesOptions, imageFolder, type ImageOptions, type ImageTensor } from "./data/images.ts";
export { dataHash } from "./data/hash.ts";

export * from "./layers/index.ts";
export * from "./initializers/index.ts";
export * from "./losses/index.ts";
export * from "./optimizers/index.ts";
export * from "./schedules/index.ts";
export * from "./metrics/index.ts";
export * from "./penalties/index.ts";
export * from "./callbacks/index.ts";

export * as layers from "./layers/index.ts";
export * as initializers from "./initializers/index.ts";
export * as losses from "./losses/index.ts";
export * as optimizers from "./optimizers/index.ts";
export * as schedules from "./schedules/index.ts";
export * as metrics from "./metrics/index.ts";
export * as penalties from "./penalties/index.ts";
export * as callbacks from "./callbacks/index.ts";
export * as ops from "./ops/index.ts";

export type { FitOptions } from "./train/fit.ts";
export { Training } from "./train/training.ts";
export { Trainer, type TrainerOptions } from "./train/trainer.ts";
// training that can be proved
export { compareManifests, type DataNote, type Difference, type Manifest, manifestOf, wantSameManifest } from "./train/manifest.ts";
export { type Audit, audit, type AuditOptions, type Link } from "./train/chain.ts";
export { type Fault, type Interval, type StoredCheckpoint, type StoredRun, type Verification, verify, type VerifyOptions } from "./train/verify.ts";
export { diagnose, doctor, type DoctorOptions, type Given, type Look } from "./doctor/index.ts";
export { type Evaluation, type Finding, History, type Report, type StepReport } from "./train/report.ts";
export type { Data, Labels, Stream } from "./data/columns.ts";
// tables: raw rows to numbers and back
export { type ColumnValues, dropColumns, type Records, rowsWith, type Table, tableOf, takeRows } from "./data/table.ts";
export {
  type ColumnSchema, type ColumnType, type Impute, inferSchema, type Reason, type Schema, type SchemaOptions, type Task, type TransformOption, type TransformOptions, type TypeOption,
} from "./data/schema.ts";
export type { DateFormat, DatePart } from "./data/dates.ts";
export type { Fitted } from "./data/transforms.ts";
export { type PreparedRows, Preprocessing, type PreprocessingOptions, type Target, type Worded } from "./data/preprocessing.ts";
export type { Numbers, Tensor } from "./tensor.ts";

// data files
export { chunksOf, nameOf, readBytes, type Source } from "./data/source.ts";
export { csv, csvBatches, type CsvOptions } from "./data/csv.ts";
export { jsonl, jsonlBatches } from "./data/jsonl.ts";
export { parquet } from "./data/parquet.ts";
export { idx } from "./data/idx.ts";
export { type FileTexts, npy, npz, writeNpy } from "./data/npy.ts";
export type { FileTensor } from "./data/binary.ts";

// files of models and tensors
export { type ExactTensor, type ReadOptions, readSafetensors, type StoredNumbers, type WriteOptions, writeSafetensors } from "./formats/weights.ts";
export { saveAs, type SaveOptions } from "./formats/saveAs.ts";
export { loadStateDict, type StateDictOptions } from "./formats/stateDict.ts";
export { type FileSummary, inspect, type TensorSummary } from "./formats/inspect.ts";
// runs that survive
export { keepRun, type KeepOptions, type KeptCheckpoints, type KeptRun, readRun } from "./runs/run.ts";
export { memoryStore } from "./runs/memory.ts";
export type { Place, StoreKind } from "./runs/place.ts";
export type { Store } from "./runs/store.ts";
// models out
export { type OnnxOptions, toONNX } from "./formats/onnx.ts";
export { toPredictor } from "./formats/predictor.ts";
export { exportPyTorch, type PyTorchFiles, type PyTorchOptions } from "./formats/pytorch.ts";
export { listing, type Program } from "./program.ts";
export { trace, type TraceLine } from "./trace.ts";
export {
  DataError, EngineError, FormatError, GraphError, LanewiseError, MemoryError, NonFiniteError, OptionError, ShapeError,
  StateError, StorageError, WorkerError, type Details,
} from "./errors.ts";
