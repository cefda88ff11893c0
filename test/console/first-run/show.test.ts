import { expect, test } from 'vitest';
import { ConversationPrinter, instantsLine } from '#src/console/first-run/show.ts';
import type { Instants } from '#src/conversation/ports/session-events.ts';

function screen(isTTY = false) {
  let text = '';
  const terminal = {
    isTTY,
    write(part: string) {
      text += part;
    },
  };
  return { show: new ConversationPrinter(terminal), text: () => text };
}

test('a pipe reads plain lines and nothing about loading', () => {
  const { show, text } = screen();
  show.progress('chat', 0.1);
  show.progress('chat', 0.5);
  show.progressDone();
  show.says('Adam', 'two nine');
  expect(text()).toBe('  Adam   two nine\n');
});

test('a terminal sees one progress line, written over and cleared', () => {
  const { show, text } = screen(true);
  show.progress('voice', 0.5);
  show.progressDone();
  expect(text()).toBe('\r  loading: voice 50 %\u001b[K\r\u001b[K');
});

function answered(instants: Instants) {
  const reported = { speakerId: 'a', name: 'Adam', text: '', heardText: '', vainShare: 0 } as const;
  return { kind: 'answered', ...reported, finish: 'completed', instants } as const;
}

test('instants are told from the last syllable on, and those that did not happen are left out', () => {
  const heard = answered({ heardAtMs: 1000, endedAtMs: 1180, firstSentAtMs: 1300 });
  const line = instantsLine(heard, "Adam's last syllable", 1000, 1318.4);
  expect(line).toBe("ended 180, sent 300, heard 318 ms after Adam's last syllable");
});

test('instants stand in order of time: words may be there before they were the last ones', () => {
  const early = { recognisedAtMs: 1040, firstTokenAtMs: 1050, firstSpeechAtMs: 1190 };
  const heard = answered({ heardAtMs: 1000, endedAtMs: 1180, ...early });
  const line = instantsLine(heard, 'it', 1000, 1300);
  expect(line).toBe(
    'recognised 40, first token 50, ended 180, first speech 190, heard 300 ms after it',
  );
});

test('a packet that another process notes before the bot notes it as sent was heard then; other sound was not', () => {
  const heard = answered({ heardAtMs: 1000, endedAtMs: 1180, firstSentAtMs: 1300 });
  expect(instantsLine(heard, 'it', 1000, 1299.7)).toBe(
    'ended 180, sent 300, heard 300 ms after it',
  );
  expect(instantsLine(heard, 'it', 1000, 1294.9)).toBe('ended 180, sent 300 ms after it');
});
