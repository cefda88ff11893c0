// A chat model over a program's standard input and output: each question starts it anew, with the conversation as its input.
// CHAT_BACKEND=./examples/chat-program.mjs CHAT_COMPLETION_MODEL='ollama run qwen3:8b' npm start
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export const engine = {
  version: 1,
  role: 'chat',
  name: 'program',
  price: 'free',
  open({ model }) {
    const [program, ...given] = model.split(' ');
    return {
      async *reply(messages, _tools, signal) {
        const child = spawn(program, given, {
          stdio: ['pipe', 'pipe', 'inherit'],
          signal,
        });
        const ended = once(child, 'close');
        ended.catch(() => undefined); // awaited below
        child.stdin.on('error', () => undefined); // it need not read all
        child.stdin.end(`${messages.map(lineOf).join('\n')}\nAnswer:`);
        try {
          for await (const text of child.stdout.setEncoding('utf8'))
            yield { kind: 'text', text };
          const [code] = await ended;
          if (code !== 0) throw new Error(`${program} ended with ${code}`);
        } finally {
          child.kill();
        }
      },
    };
  },
};

function lineOf({ role, name, content }) {
  if (role === 'system') return content;
  return role === 'user' && name ? `${name}: ${content}` : `Answer: ${content}`;
}
