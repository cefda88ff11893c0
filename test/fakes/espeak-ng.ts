/**
 * A program that behaves as eSpeak NG does where Parley meets it: it lists its voices, speaks its standard input as a WAV
 * without a known length, and tells how lines sound. A line sounds as it is written here, so that a test writes IPA.
 */

const table = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  de              --/M      German             gmw/de
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  fr-be           --/M      French_(Belgium)   roa/fr-BE            (fr 8)
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  ja              --/M      Japanese           jpx/ja
 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)
 5  pt              --/M      Portuguese_(Portugal) roa/pt               (pt-pt 5)
 5  pt-br           --/M      Portuguese_(Brazil) roa/pt-BR            (pt 6)
`;
const rateHz = 22_050;
/** Sound of one letter, and the pieces in which it is written. */
const [samplesPerLetter, lettersPerPiece] = [1_300, 4];
/** Text at which the program speaks for ever, or is silent for ever. */
const [endless, silent] = ['endless', 'silent'];

const args = process.argv.slice(2);
if (args.includes('--version')) process.stdout.write('eSpeak NG text-to-speech');
else if (args.includes('--voices')) process.stdout.write(table);
else void performProgram();

async function performProgram() {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (text.includes(silent))
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (args.includes('--ipa'))
    process.stdout.write(text.replace(/(\S+)$/gm, '(en)$1(de)'));
  else speakText(text);
}

function speakText(text: string) {
  process.stdout.write(writeHeader());
  const goesOn = text.includes(endless);
  let letters = text.length;
  const speakOn = () => {
    const count = Math.min(letters, lettersPerPiece);
    const samples = new Int16Array(count * samplesPerLetter).map(
      (_, n) => 20_000 * Math.sin((2 * Math.PI * 200 * n) / rateHz),
    );
    // A test finds the process by its id.
    samples[0] = process.pid % 32_768;
    samples[1] = Math.floor(process.pid / 32_768);
    if (!goesOn) letters -= count;
    if (count > 0) process.stdout.write(Buffer.from(samples.buffer), speakOn);
  };
  speakOn();
}

/** The length is that of the longest WAV, as the program does not know it yet. */
function writeHeader() {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(0x7f_ff_f0_24, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(2 * rateHz, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(0x7f_ff_f0_00, 40);
  return header;
}
