// Ends a program that was started before npm ci, or by an older Node, with one line that says what to do. JavaScript, as Node 20 reads no
// TypeScript. Programs in TypeScript take it by --import, since their own imports are resolved before any of them runs.
if (!isInstalled()) {
  console.error(
    'Run npm ci first: it installs the Node and the libraries that Parley runs on.',
  );
  process.exit(78);
}
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Parley needs Node 24 or later, and this is Node ${process.versions.node}: install it from nodejs.org.`,
  );
  process.exit(78);
}

/** Whether the libraries are there, in this folder or in one above it. */
function isInstalled() {
  try {
    return import.meta.resolve('discord.js') !== '';
  } catch {
    return false;
  }
}
