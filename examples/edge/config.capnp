# How workerd runs the service; worker.js says how out/ is made.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "training", worker = .training)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "training")],
);

const training :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "out/worker.js"),
    (name = "core.wasm?module", wasm = embed "out/core.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);
