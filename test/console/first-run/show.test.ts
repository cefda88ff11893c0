import { expect, test } from 'vitest';
import { ConversationPrinter, instantsLine, printMessage } from '#src/console/first-run/show.ts';
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

test('a line of a person stands under their name, without the mention of the bot', () => {
  const { show, text } = screen();
  const message = {
    kind: 'message',
    change: 'posted',
    author: 'Adam',
    text: '<@5> hello',
  } as const;
  printMessage(message, show);
  expect(text()).toBe('  Adam   hello\n');
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

test('a packet that another process notes before the bot notes it as sent was heard then; other sound was not', () => {
  const heard = answered({ heardAtMs: 1000, endedAtMs: 1180, firstSentAtMs: 1300 });
  expect(instantsLine(heard, 'it', 1000, 1299.7)).toBe(
    'ended 180, sent 300, heard 300 ms after it',
  );
  expect(instantsLine(heard, 'it', 1000, 1294.9)).toBe('ended 180, sent 300 ms after it');
});
