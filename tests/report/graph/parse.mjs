// Reads lists of flowcharts as JSON, one a line, has the real Mermaid parse them, and prints what it understood.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

// Mermaid keeps entities in this form until it draws.
const decoded = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, number) => String.fromCodePoint(Number(number)));

async function understood(text) {
  try {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    return {
      nodes: [...db.getVertices().values()].map(({ id, text, type, classes }) => ({ id, text: decoded(text), type, classes })),
      edges: db.getEdges().map(({ start, end, text, stroke }) => ({ start, end, text: decoded(text), stroke })),
      groups: db.getSubGraphs().map(({ id, title, nodes }) => ({ id, title: decoded(title), nodes })),
    };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers = [];
  for (const text of JSON.parse(line)) answers.push(await understood(text));
  process.stdout.write(JSON.stringify(answers) + "\n");
}
