// Texts whose ends are known, for scripts/models/endings.mjs. DATA holds a clone of each repository of ending-texts.json.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFeature } from '#src/turn/endpointing/word-endings.ts';
import { languages } from '#src/turn/languages/languages.ts';

const sourcesFile = new URL('ending-texts.json', import.meta.url);
const wordingsFolder = new URL('../../src/chat/stand-in/wordings/', import.meta.url);

/** Texts of one language from one source. Those of corrections are chosen by hash, as they are sorted by the alphabet. */
const [maxTexts, maxEnglishTexts, maxCorrections] = [9000, 24_000, 16_000];

/** Expansions of a template, and the longest time that is tried to find another one. */
const [maxExpansions, maxTries] = [6, 30];
/** Texts of one file of templates. */
const maxTemplateTexts = 80;
/** Weight of phrases that the bot knows. */
const ownWeight = 5;

/**
 * Reads all sources: `{ source, language, text, weight, isAddition, isCorrection }` of each utterance, each once. Additions teach languages other
 * than English what `word-endings.bin` has in its second table, and corrections teach their languages what it has in its third.
 */
export function readTexts(dataDir) {
  const sources = JSON.parse(readFileSync(sourcesFile, 'utf8'));
  const seen = new Set();
  const rows = [];
  for (const { name, commit, paths, sha256, weight, isAddition = false, isCorrection = false } of sources) {
    const directory = join(dataDir, name);
    const files = listFiles(directory, commit).flatMap((path) => {
      const match = paths.map((pattern) => new RegExp(`^${pattern}$`).exec(path)).find(Boolean);
      const language = match && toLanguage(match.groups?.tag ?? 'en');
      return language ? [{ path, language }] : [];
    });
    const contents = readFiles(directory, files.map(({ path }) => `${commit}:${path}`));
    const hash = createHash('sha256');
    for (const [n, { language, path }] of files.entries()) {
      hash.update(`${path}\n${contents[n]}`);
      for (const text of listUtterances(name, contents[n])) {
        const key = `${name} ${language} ${text}`;
        if (name !== 'slurp' && seen.has(key)) continue;
        seen.add(key);
        rows.push({ source: name, language, text, weight, isAddition, isCorrection });
      }
    }
    const found = hash.digest('hex');
    if (found !== sha256) console.log(`${name}: SHA-256 ${found}, not ${sha256}`);
  }
  const groups = Map.groupBy(rows, ({ language, source }) => `${source} ${language}`);
  return [...[...groups.values()].flatMap(limitTexts), ...listOwnPhrases()];
}

function listFiles(directory, commit) {
  const args = ['-c', 'core.quotePath=false', '-C', directory, 'ls-tree', '-r', '--name-only', commit];
  return execFileSync('git', args, { maxBuffer: 2 ** 30, encoding: 'utf8' }).split('\n');
}

/** Reads many objects of a repository by one process. */
function readFiles(directory, objects) {
  const input = objects.map((object) => `${object}\n`).join('');
  const output = execFileSync('git', ['-C', directory, 'cat-file', '--batch'], { input, maxBuffer: 2 ** 30 });
  let at = 0;
  return objects.map(() => {
    const lineEnd = output.indexOf('\n', at);
    const size = Number(output.toString('utf8', at, lineEnd).split(' ').at(-1));
    at = lineEnd + 1 + size + 1;
    return output.toString('utf8', lineEnd + 1, lineEnd + 1 + size);
  });
}

/** Limits the texts of one language from one source. */
function limitTexts(rows) {
  const [{ isCorrection, language }] = rows;
  if (!isCorrection) return rows.slice(0, language === 'en' ? maxEnglishTexts : maxTexts);
  const hashes = new Map(rows.map(({ text }) => [text, hashFeature(text)]));
  return rows.toSorted((a, b) => hashes.get(a.text) - hashes.get(b.text)).slice(0, maxCorrections);
}

/** Lists whole utterances that the bot knows: yes, no, stops and wishes in 40 languages, questions to the stand-in of a chat model in seven. */
function listOwnPhrases() {
  const own = { source: 'own', weight: ownWeight, isAddition: false, isCorrection: false };
  const questions = readdirSync(wordingsFolder).flatMap((file) => {
    const { wordings } = JSON.parse(readFileSync(new URL(file, wordingsFolder), 'utf8'));
    const texts = Object.values(wordings).flat().filter((text) => !text.includes('{'));
    return texts.map((text) => ({ ...own, language: file.slice(0, 2), text }));
  });
  const phrases = languages.flatMap(({ code: language, confirmations, overlap, dismissals, commands }) => {
    const { yes, no } = confirmations;
    const { stop, goOn, backchannel, neverMind } = overlap;
    const { doNotHear, notMe, leave, pauseHearing } = commands;
    const phrases = [yes, no, stop, goOn, backchannel, neverMind, dismissals?.wholes, doNotHear, notMe, leave, pauseHearing].flatMap((list) => list ?? []);
    return phrases.map((text) => ({ ...own, language, text }));
  });
  return [...questions, ...phrases];
}

const iso3 = {
  ara: 'ar', bul: 'bg', ben: 'bn', ces: 'cs', dan: 'da', deu: 'de', ell: 'el', eng: 'en', spa: 'es', pes: 'fa', fin: 'fi', fra: 'fr', heb: 'he', hin: 'hi',
  hrv: 'hr', hun: 'hu', ind: 'id', isl: 'is', ita: 'it', jpn: 'ja', kor: 'ko', zsm: 'ms', nob: 'nb', nld: 'nl', pol: 'pl', por: 'pt', ron: 'ro', rus: 'ru',
  slk: 'sk', slv: 'sl', srp: 'sr', swe: 'sv', swh: 'sw', tam: 'ta', tha: 'th', tur: 'tr', ukr: 'uk', urd: 'ur', vie: 'vi', cmn: 'zh',
};
const names = {
  bengali: 'bn', chinese: 'zh', dutch: 'nl', english: 'en', french: 'fr', german: 'de', hebrew: 'he', hindi: 'hi', indonesian: 'id', italian: 'it', japanese: 'ja',
  jp: 'ja', korean: 'ko', persian: 'fa', portuguese: 'pt', russian: 'ru', spanish: 'es', swedish: 'sv', tamil: 'ta', thai: 'th', turkish: 'tr', ukrainian: 'uk', urdu: 'ur',
};
const codes = new Set(Object.values(iso3));

/** ISO 639-1 of a tag. Undefined for languages that the bot has no words of. */
function toLanguage(tag) {
  if (/^(?:zh-HK|zh-TW|yue)$/i.test(tag)) return undefined;
  const named = iso3[tag] ?? names[tag.toLowerCase()];
  const code = named ?? tag.slice(0, 2).toLowerCase();
  return codes.has(code) && (tag.length <= 2 || tag[2] === '-' || named) ? code : undefined;
}

function listUtterances(source, content) {
  const readers = {
    'piper-recording-studio': () => content.split('\n').map((line) => line.split('\t')[1] ?? ''),
    intents: () => [...content.matchAll(/^ {6}- (.+)$/gm)].map(([, text]) => text.replace(/^["']|["']$/g, '')),
    'chatterbot-corpus': () => [...content.matchAll(/^\s*- (?:- )?(.+)$/gm)].map(([, text]) => text.replace(/^["']|["']$/g, '')),
    'oos-eval': () => Object.values(JSON.parse(content)).flatMap((part) => part.map(([text]) => text)),
    'nlp.js': () => JSON.parse(content).data.flatMap(({ utterances = [], tests = [] }) => [...utterances, ...tests]),
    'NLU-Evaluation-Data-de-en': () => JSON.parse(content).flatMap(({ s1, s2 }) => [s1, s2]),
    Xpersona: () => JSON.parse(content).flatMap(({ dialogue }) => dialogue.flat().flatMap(listSentences)),
    slurp: () => content.startsWith('{') ? content.trim().split('\n').map((line) => JSON.parse(line).sentence) : content.split('\n'),
  };
  const readTemplates = source.startsWith('ovos-skill-') ? () => expandTemplates(content.split('\n')) : undefined;
  const texts = (readers[source] ?? readTemplates)?.() ?? content.split('\n');
  return texts.map((text) => text.trim()).filter((text) => text && !/[<>[\]{}|_=]/.test(text));
}

/** Splits a turn of a talk into its sentences. */
function listSentences(turn) {
  return turn.match(/[^.?!。？！]+[.?!。？！]*/gu) ?? [];
}

/** Expands templates such as `(what|which) [fine] day is it`, a few of each. Those with a `{slot}` are left out later. */
function expandTemplates(lines) {
  const texts = lines.flatMap((line) => {
    const found = new Set();
    for (let n = 0; n < maxTries && found.size < maxExpansions; n++) found.add(expandTemplate(line, n));
    return [...found];
  });
  return texts.toSorted((a, b) => hashFeature(a) - hashFeature(b)).slice(0, maxTemplateTexts);
}

/** Chooses one way through a template, by its number. */
function expandTemplate(line, number) {
  let text = line;
  for (let depth = 0; depth < 20; depth++) {
    const match = /\(([^()[\]]*)\)|\[([^()[\]]*)\]/u.exec(text);
    if (!match) break;
    const choices = (match[1] ?? `${match[2]}|`).split('|');
    const choice = choices[hashFeature(`${line} ${number} ${depth}`) % choices.length];
    text = `${text.slice(0, match.index)} ${choice} ${text.slice(match.index + match[0].length)}`;
  }
  return text.replace(/\s+/gu, ' ');
}
