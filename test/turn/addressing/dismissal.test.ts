import { expect, test } from 'vitest';
import { type AddressingVerdict, judge } from '#src/turn/addressing/addressing.ts';
import { addressingRules, initialAddressing } from '#src/turn/addressing/addressing-windows.ts';

const dismissals: readonly string[] = [
  'not you',
  'No, not you.',
  'Not you, Nova.',
  'not you nova',
  'sorry not you nova',
  'Nova, not you',
  'Sorry, not you, I was talking to Ben',
  "I wasn't talking to you",
  'i wasnt talking to you',
  'I was not talking to you.',
  "Nova, I'm not talking to you",
  "I didn't mean you",
  'nobody asked you',
  'dich meinte ich nicht',
  'Nein, du nicht.',
  'Ich rede nicht mit dir',
  'Tú no.',
  'No hablaba contigo',
  'Pas toi',
  'Je ne te parlais pas',
  "c'est pas à toi que je parle",
  'Você não',
  'Não estava falando com você',
  'Non tu',
  'Scusa, non tu',
  'Non stavo parlando con te',
  'Jij niet',
  'Ik had het niet tegen jou',
  'Nie ty',
  'Nie mówiłem do ciebie',
  'Не ты',
  'Нет, не ты',
  'Я не с тобой разговариваю',
  'Sen değil',
  'Hayır sen değil',
  'Seninle konuşmuyorum',
  'あなたじゃない',
  '君に話してるんじゃない',
  '不是你',
  '我没跟你说话',
  '너 말고',
  '아니, 너 말고',
];

const noDismissals: readonly string[] = [
  'why not you',
  'Not you?',
  'not your turn',
  'not you guys',
  'sorry not you guys',
  'did I say not you too',
  'if not you then who',
  "Who said I wasn't talking to you?",
  'I was talking to you',
  'was it not for you to decide',
  'warum du nicht gehst',
  'Ben, not you',
  '是不是你',
];

function hear(text: string): AddressingVerdict {
  const spoken = { speakerId: 'ana', fromMs: 0, humans: 3, present: ['Ben'], text };
  return judge(initialAddressing, spoken, { ...addressingRules, names: ['Nova'] }).verdict;
}

test.each(dismissals)('%j says the bot was not meant', (text) => {
  expect(hear(text)).toEqual({ meant: false, why: 'dismissed' });
});

test.each(noDismissals)('%j does not send the bot away', (text) => {
  expect(hear(text).why).not.toBe('dismissed');
});
