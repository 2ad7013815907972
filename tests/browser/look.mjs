// Look at pages in headless Chromium and report what a person or a checker would find, as JSON on standard output.
// usage: node look.mjs '{"urls": [...], "widths": [320, 1280], "checked": [320], "scripts": true, "screenshots": "DIR"}'
// Overflow is measured at every width, axe runs at those that are "checked"; "screenshots" may be null.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const task = JSON.parse(process.argv[2]);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || (await chromium.executablePath()),
  args: [...new Set([...chromium.args, ...quiet])],
  headless: "shell",
});
const reports = [];
async function look(url) {
  const page = await browser.newPage();
  const messages = [], requests = [];
  page.on("console", (m) => { if (["error", "warn"].includes(m.type())) messages.push(m.text()); });
  page.on("pageerror", (e) => messages.push(String(e)));
  page.on("request", (r) => requests.push(r.url()));
  await page.setJavaScriptEnabled(task.scripts);
  await page.setViewport({ width: task.widths[0], height: 900 });
  const response = await page.goto(url, { waitUntil: "load" });
  await page.setJavaScriptEnabled(true);
  await page.evaluate(axe);
  for (const width of task.widths) {
    await page.setViewport({ width, height: 900 });
    const seen = await page.evaluate(() => ({
      title: document.title,
      lang: document.documentElement.lang,
      h1: [...document.querySelectorAll("h1")].map((h) => h.textContent.trim()),
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      svg: document.querySelectorAll("svg[role=img]").length,
      links: document.querySelectorAll("a[href]").length,
    }));
    const found = task.checked.includes(width) ? await page.evaluate(() => axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      resultTypes: ["violations"],
    })) : { violations: [] };
    const axeViolations = found.violations.map((v) => ({
      id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(" ")),
    }));
    if (task.screenshots) {
      const name = new URL(url).pathname.replace(/\W+/g, "_") + new URL(url).search.replace(/\W+/g, "_");
      await page.screenshot({ path: `${task.screenshots}/${name}-${width}.png`, fullPage: true });
    }
    reports.push({ url, width, status: response.status(), ...seen, messages, requests, axe: axeViolations });
  }
  await page.close();
}
const waiting = [...task.urls];
const lane = async () => { while (waiting.length) await look(waiting.shift()); };
await Promise.all([lane(), lane()]);
await browser.close();
console.log(JSON.stringify(reports));
