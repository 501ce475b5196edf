// Chromium without a network: a request that leaves the page is aborted and remembered, and so is what the console says.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const here = import.meta.dirname;
/** Pages are built by `run`. */
export const page_url = (name, fragment = "") => pathToFileURL(join(here, "pages", name)).href + fragment;
export const screenshot = (name) => join(here, "screenshots", `${name}.png`);

export const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

export function launch() {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...quiet, ...root] });
}

/** Opens a page; `complaints` of it are console messages, errors and requests for anything but the page itself. */
export async function open(browser, name, { fragment = "", size = "desktop", ...options } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], reducedMotion: "reduce", ...options });
  const complaints = [];
  const url = page_url(name, fragment);
  const own = page_url(name);
  await context.route("**/*", (route) => {
    const wanted = route.request().url();
    if (wanted.split("#")[0] === own || wanted.startsWith("data:")) return route.continue();
    complaints.push(`request: ${wanted}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== own && !request.url().startsWith("data:")) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, context, complaints };
}
