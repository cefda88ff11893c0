import { languages } from '#src/turn/languages/languages.ts';
import { findProgressQuestion } from '#src/turn/overlap/progress-questions.ts';

const names = ['Nova', 'ノバ'];

test('each phrase of each language is a question about work, also by name and with politeness', () => {
  for (const { progress } of languages) {
    if (!progress) continue;
    const [beside = ''] = progress.beside;
    for (const question of ['doing', 'howLong'] as const)
      for (const phrase of progress[question]) {
        expect(findProgressQuestion(`${phrase}?`, names), phrase).toBe(question);
        expect(findProgressQuestion(`Nova, ${phrase}?`, names), phrase).toBe(question);
        expect(findProgressQuestion(`${beside} ${phrase}`, names), phrase).toBe(
          question,
        );
      }
  }
});

test.each([
  'What are you doing tonight?',
  'How long is the Nile?',
  'How long does the flight take?',
  'What is going on in Quito?',
  'Was machst du morgen?',
  'Wie lange lebt ein Wal?',
  'Was ist los mit Anna?',
  '¿Cuánto tiempo tarda el tren?',
  'Combien de temps vit une baleine ?',
  '終わった話をして',
  'Jak długo żyje wieloryb?',
  'Quanto tempo vive uma baleia?',
  'Stop.',
  '',
])('"%s" is for the model', (text) => {
  expect(findProgressQuestion(text, names)).toBeUndefined();
});
