// Logistic regression over hashed features, for scripts/models/endings.mjs.
import { hashFeature, listEndingFeatures } from '#src/turn/endpointing/ending-features.ts';
import { endingsBytes, headerBytes, maxProbes, slotCount, WordEndings, weightStep } from '#src/turn/endpointing/word-endings.ts';

const slotBits = 24;
/** Features that are rarer are not learnt. */
const minCount = 3;
/** Share of the slots that is used. */
const keptShare = 0.8;
/** 0 rates features by all texts, 1 by those of their language alone. */
const languagePower = 0.5;
const epochs = 3;
const [stepSize, decay] = [0.1, 2e-5];
/** Share of texts whose language is not told, so that the shared weights stand alone as well. */
const untoldShare = 0.3;
/** Texts said to an assistant, or in a chat, count more than sentences written to be read. */
const sourceWeights = { 'voice-web': 1, LASER: 1, intents: 1, 'piper-recording-studio': 2, 'oos-eval': 2, slurp: 2, 'chatterbot-corpus': 3, own: 5 };

/** Questions, and their cuts, count more: a bot is asked more often than collections hold questions. */
const questionWeight = 3;

/** Hashes an example's features: first the shared ones, then those of its language. */
function hashExample({ words, language }) {
  const features = listEndingFeatures(words);
  const hashes = new Uint32Array(features.length * 2);
  for (const [n, feature] of features.entries()) {
    hashes[n] = hashFeature(feature);
    hashes[features.length + n] = hashFeature(`${language} ${feature}`);
  }
  return hashes;
}

/** Learns the features that matter most for each language, then their weights without the others. Returns `[hash, weight]` of each. */
export function trainEndings(examples) {
  const hashed = examples.map(hashExample);
  const worths = rankFeatures(examples, hashed, trainWeights(examples, hashed));
  const kept = new Set(worths.sort((a, b) => b.worth - a.worth).slice(0, slotCount * keptShare).map(({ hash }) => hash));
  const weightOf = trainWeights(examples, hashed, kept).weightOf;
  return [...kept].map((hash) => [hash, weightOf(hash)]);
}

/** Rates features by weight and by the share of their language's examples that have them. */
function rankFeatures(examples, hashed, { weightOf, countOf }) {
  const totals = new Map();
  for (const { language } of examples) totals.set(language, (totals.get(language) ?? 0) + 1);
  const worths = new Map();
  for (const [n, hashes] of hashed.entries()) {
    const total = totals.get(examples[n].language) ** languagePower;
    for (const hash of hashes) {
      if (countOf(hash) >= minCount && !worths.has(hash)) worths.set(hash, Math.abs(weightOf(hash)) * Math.sqrt(countOf(hash) / total));
    }
  }
  return [...worths].map(([hash, worth]) => ({ hash, worth }));
}

function trainWeights(examples, hashed, kept) {
  const mask = 2 ** slotBits - 1;
  const weights = new Float32Array(mask + 1);
  const squares = new Float32Array(mask + 1);
  const counts = new Uint16Array(mask + 1);
  for (const hashes of hashed) for (const hash of hashes) counts[hash & mask] = Math.min(60_000, counts[hash & mask] + 1);
  const isUsed = (hash) => (kept ? kept.has(hash) : counts[hash & mask] >= minCount);
  const used = hashed.map((hashes) => hashes.filter((hash) => isUsed(hash)));
  const sharedCounts = hashed.map((hashes, n) => hashes.subarray(0, hashes.length / 2).filter((hash) => isUsed(hash)).length);
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const order = Uint32Array.from(examples.keys());
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let n = order.length - 1; n > 0; n--) {
      const other = Math.floor(random() * (n + 1));
      [order[n], order[other]] = [order[other], order[n]];
    }
    for (const n of order) {
      const { isAsked, isWhole, weight, source } = examples[n];
      const hashes = used[n];
      const length = random() < untoldShare ? sharedCounts[n] : hashes.length;
      let logit = 0;
      for (let at = 0; at < length; at++) logit += weights[hashes[at] & mask];
      const error = (1 / (1 + Math.exp(-logit)) - (isWhole ? 1 : 0)) * weight * sourceWeights[source] * (isAsked ? questionWeight : 1);
      for (let at = 0; at < length; at++) {
        const slot = hashes[at] & mask;
        const gradient = error + decay * Math.min(counts[slot], 200) * weights[slot];
        squares[slot] += gradient * gradient;
        weights[slot] -= (stepSize * gradient) / Math.sqrt(squares[slot] + 1);
      }
    }
  }
  return { weightOf: (hash) => weights[hash & mask], countOf: (hash) => counts[hash & mask] };
}

/** Packs features into the bytes of a file, calibrated by other examples. */
export function packEndings(features, examples) {
  const bytes = new Uint8Array(endingsBytes);
  const weights = new Int8Array(bytes.buffer, headerBytes, slotCount);
  const marks = bytes.subarray(headerBytes + slotCount);
  for (const [hash, weight] of features) {
    const step = Math.round(Math.max(-5, Math.min(5, weight)) / weightStep);
    if (step === 0) continue;
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) % slotCount;
      if (weights[slot] !== 0) continue;
      weights[slot] = step;
      marks[slot] = hash >>> 24;
      break;
    }
  }
  const endings = new WordEndings(bytes);
  const header = new DataView(bytes.buffer);
  for (const [n, isTold] of [true, false].entries()) {
    const sums = examples.map(({ words, language }) => endings.sumWeights(words, isTold ? language : ''));
    const { slope, offset } = calibrate(sums, examples);
    header.setFloat32(8 * n, slope, true);
    header.setFloat32(8 * n + 4, offset, true);
  }
  return bytes;
}

/** Finds slope and offset of the logit by Newton's method. */
function calibrate(sums, examples) {
  let [slope, offset] = [1, 0];
  for (let round = 0; round < 20; round++) {
    let [gs, go, ss, so, oo] = [0, 0, 1e-6, 0, 1e-6];
    for (const [n, sum] of sums.entries()) {
      const { isWhole, weight } = examples[n];
      const probability = 1 / (1 + Math.exp(-(slope * sum + offset)));
      const error = weight * (probability - (isWhole ? 1 : 0));
      const curve = weight * probability * (1 - probability);
      gs += error * sum;
      go += error;
      ss += curve * sum * sum;
      so += curve * sum;
      oo += curve;
    }
    const determinant = ss * oo - so * so;
    slope -= (oo * gs - so * go) / determinant;
    offset -= (ss * go - so * gs) / determinant;
  }
  return { slope, offset };
}
