// node inflate.js: unpacks what @sparticuz/chromium brings for AWS Lambda: the browser, its libraries, a font.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const packed = path.join("node_modules", "@sparticuz", "chromium", "bin");
for (const name of ["chromium", "al2023.tar", "fonts.tar"]) {
  fs.writeFileSync(name, zlib.brotliDecompressSync(fs.readFileSync(path.join(packed, `${name}.br`))));
}
