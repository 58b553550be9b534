// Before anything else, and in the language of 2009, so that engines of any age run it: of what stands in the page while it is not drawn,
// the browser's language stays; and where the engine lacks something, that is named, and the page is not drawn. An engine to which the
// page's script is a syntax error stays here too.
(function () {
  var tags = navigator.languages || [navigator.language || ""], chinese = false, lacks = [], i;
  for (i = tags.length - 1; i >= 0; i--) if (/^(en|zh)\b/i.test(tags[i])) chinese = /^zh\b/i.test(tags[i]);
  function want(name, there) {
    try {
      if (there()) return;
    } catch (error) { /* it is not there */ }
    lacks.push(name);
  }
  want("Worker", function () { return window.Worker && window.Blob && URL.createObjectURL; });
  // the same that core.ts asks; compiled, for a browser may know SIMD and not the policy that lets a page use it
  want("WebAssembly SIMD", function () {
    return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11]));
  });
  want("DecompressionStream", function () { return window.DecompressionStream; });
  want("OffscreenCanvas", function () { return window.OffscreenCanvas && window.createImageBitmap; });
  want("ECMAScript 2022", function () { return Object.hasOwn && [].at && [].findLast && window.structuredClone; });
  var texts = document.getElementById("old").getElementsByTagName("p"), text = texts[chinese ? 1 : 0];
  texts[0].hidden = chinese;
  texts[1].hidden = !chinese; // said of both, for a saved page has them as they were
  if (!lacks.length) return;
  document.documentElement.setAttribute("data-lacks", lacks.join(", "));
  text.appendChild(document.createTextNode((chinese ? "此浏览器缺少：" : " This browser lacks ") + lacks.join(chinese ? "、" : ", ") + (chinese ? "。" : ".")));
})();
