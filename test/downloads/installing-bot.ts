import { installChatLibrary } from '#src/downloads/install-library.ts';

// A bot that installs the library that runs chat models by an npm that takes 20 s, into the folder that it is given.
const [, , dataDir = ''] = process.argv;
const npm = [process.execPath, '-e', 'setTimeout(() => 0, 20_000)'] as const;
const machine = { platform: 'linux', arch: 'x64', hasVulkan: false };
await installChatLibrary(dataDir, { machine, npm }, new AbortController().signal);
