import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DaveSession,
  type OpenDaveSession,
  openDavey,
} from '#sandbox/dave/dave-member.ts';

const { LIBDAVE } = process.env;
// Proves: Voice is encrypted end to end by real (people by Discord's libdave, in the sandbox)

/** Opens the sandbox's people's sessions: davey's, or with a program in `LIBDAVE` those of libdave. */
export const openPeoplesSession: OpenDaveSession = LIBDAVE
  ? openLibdave(LIBDAVE)
  : openDavey;

/** Opens sessions of libdave, all in one run of `program`, which is libdave.py. It ends with this process. */
function openLibdave(program: string): OpenDaveSession {
  const call = openCalls(program);
  let count = 0;
  return (userId, channelId) => {
    const number = count++;
    call(number, 'create', userId, channelId);
    return openSession((method, ...args) => call(number, method, ...args));
  };
}

/** Calls over two pipes with names, since a session answers at once. */
function openCalls(program: string) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-libdave-'));
  const paths = ['asked', 'answered'].map((name) => join(folder, name));
  execFileSync('mkfifo', ['--mode=666', ...paths]);
  chmodSync(folder, 0o755); // the program runs as a user of its own
  spawn(program, paths, { stdio: 'inherit' }).unref();
  const [asked = 0, answered = 0] = paths.map((path) => openSync(path, 'r+'));
  const piece = Buffer.alloc(1 << 16);
  return (...asking: unknown[]) => {
    writeSync(asked, `${JSON.stringify(asking, encodeBytes)}\n`);
    let answer = '';
    while (!answer.endsWith('\n'))
      answer += piece.toString('utf8', 0, readSync(answered, piece));
    return JSON.parse(answer, decodeBytes);
  };
}

function encodeBytes(_: string, value: unknown) {
  const isBytes = typeof value === 'object' && value !== null && 'data' in value;
  if (!isBytes) return value;
  return { bytes: Buffer.from(value.data as Uint8Array).toString('base64') };
}

function decodeBytes(_: string, value: unknown) {
  const isBytes = typeof value === 'object' && value !== null && 'bytes' in value;
  return isBytes ? Buffer.from(`${value.bytes}`, 'base64') : value;
}

/** Throws where davey does. */
function openSession(
  call: (method: string, ...args: unknown[]) => unknown,
): DaveSession {
  const mustCall = (method: string, ...args: unknown[]) => {
    const result = call(method, ...args);
    if (!result) throw new Error(`libdave refuses: ${method}`);
    return result;
  };
  const listMembers = () => call('list_members') as string[];
  return {
    get ready() {
      return listMembers().length > 0;
    },
    getUserIds: listMembers,
    getSerializedKeyPackage: () => mustCall('key_package') as Buffer,
    setExternalSender: (sender) => void call('external_sender', sender),
    processProposals(kind, proposals, present) {
      const all = Buffer.concat([Buffer.of(kind), proposals]);
      const commit = call('proposals', all, present) as Buffer | null;
      return commit ? { commit } : {};
    },
    processCommit: (commit) => void mustCall('commit', commit),
    processWelcome: (welcome, present) => void mustCall('welcome', welcome, present),
    reinit: () => void call('reinit'),
    executeTransition: () => void call('execute_transition'),
    encryptOpus: (opus) => mustCall('seal', opus) as Buffer,
    decrypt: (userId, _, frame) => mustCall('open', userId, frame) as Buffer,
  };
}
