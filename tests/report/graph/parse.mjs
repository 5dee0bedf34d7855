// Reads flowcharts as a JSON list on stdin, has the real Mermaid parse each, and prints what it understood.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = process.argv[2];
const { JSDOM } = createRequire(join(packages, "package.json"))("jsdom");
const page = new JSDOM("");
globalThis.window = page.window;
globalThis.document = page.window.document;
const { default: mermaid } = await import(
  pathToFileURL(join(packages, "node_modules", "mermaid", "dist", "mermaid.core.mjs")).href
);
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

let given = "";
for await (const part of process.stdin) given += part;

// Mermaid keeps entities in this form until it draws.
const decoded = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, number) => String.fromCodePoint(Number(number)));

const answers = [];
for (const text of JSON.parse(given)) {
  try {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    answers.push({
      nodes: [...db.getVertices().values()].map(({ id, text, type, classes }) => ({ id, text: decoded(text), type, classes })),
      edges: db.getEdges().map(({ start, end, text, stroke }) => ({ start, end, text: decoded(text), stroke })),
      groups: db.getSubGraphs().map(({ id, title, nodes }) => ({ id, title: decoded(title), nodes })),
    });
  } catch (error) {
    answers.push({ error: String(error.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(answers));
