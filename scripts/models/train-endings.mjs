// Logistic regression over hashed features, for scripts/models/endings.mjs.
import {
  calibrationBytes, correctedCodesAt, correctionSlotCount, correctionTableAt, endingsBytes, hashFeature, listCorrectionFeatures, listEndingFeatures, maxProbes, ownSlotCount,
  ownTableAt, slotCount, WordEndings, weightStep,
} from '#src/turn/endpointing/word-endings.ts';

const slotBits = 24;
/** Features that are rarer are not learnt. */
const minCount = 3;
/** Share of the slots that is used. */
const keptShare = 0.8;
/** 0 rates features by all texts, 1 by those of their language alone. */
const languagePower = 0.5;
const epochs = 3;
const [stepSize, decay] = [0.1, 2e-5];
/** Logit up to which additions are calibrated. */
const maxMiddleLogit = 2;
/** Share of texts whose language is not told, so that the shared weights stand alone as well. */
const untoldShare = 0.3;
/** Questions, and their cuts, count more: a bot is asked more often than collections hold questions. */
const questionWeight = 3;

/**
 * Learns the first table: the features that matter most, shared and of each language, then their weights without the others. Returns `[hash, weight]`
 * of each.
 */
export function trainEndings(examples) {
  const inputs = examples.map(({ words, language }) => {
    const shared = hashFeatures(words, '');
    const hashes = Uint32Array.from([...shared, ...hashFeatures(words, language)]);
    return { hashes, untoldLength: shared.length, logit: 0 };
  });
  return trainKept(examples, inputs, slotCount);
}

/** Learns what single languages need beside the first table of `bytes`, which stays as it is. Returns `[hash, weight]` of each feature. */
export function trainAdditions(examples, bytes) {
  const endings = new WordEndings(bytes);
  const inputs = examples.map(({ words, language }) => {
    const hashes = Uint32Array.from(hashFeatures(words, language));
    return { hashes, untoldLength: undefined, logit: endings.sumWeights(words, language) };
  });
  return trainKept(examples, inputs, ownSlotCount);
}

/** Learns by how much both tables of `bytes` are wrong in single languages. Returns `[hash, weight]` of each feature. */
export function trainCorrections(examples, bytes) {
  const endings = new WordEndings(bytes);
  const inputs = examples.map(({ words, language }) => {
    const hashes = Uint32Array.from(hashFeatures(words, language, listCorrectionFeatures));
    return { hashes, untoldLength: undefined, logit: endings.getUncorrectedLogit(words, language) };
  });
  return trainKept(examples, inputs, correctionSlotCount);
}

function hashFeatures(words, language, listFeatures = listEndingFeatures) {
  return listFeatures(words).map((feature) => hashFeature(language ? `${language} ${feature}` : feature));
}

function trainKept(examples, inputs, slots) {
  const worths = rankFeatures(examples, inputs, trainWeights(examples, inputs));
  const kept = new Set(worths.sort((a, b) => b.worth - a.worth).slice(0, slots * keptShare).map(({ hash }) => hash));
  const { weightOf } = trainWeights(examples, inputs, kept);
  return [...kept].map((hash) => [hash, weightOf(hash)]);
}

/** Rates features by weight and by the share of their language's examples that have them. */
function rankFeatures(examples, inputs, { weightOf, countOf }) {
  const totals = new Map();
  for (const { language } of examples) totals.set(language, (totals.get(language) ?? 0) + 1);
  const worths = new Map();
  for (const [n, { hashes }] of inputs.entries()) {
    const total = totals.get(examples[n].language) ** languagePower;
    for (const hash of hashes) {
      if (countOf(hash) >= minCount && !worths.has(hash)) worths.set(hash, Math.abs(weightOf(hash)) * Math.sqrt(countOf(hash) / total));
    }
  }
  return [...worths].map(([hash, worth]) => ({ hash, worth }));
}

/** Learns weights beside the logit that each input has. Of an untold input only the first `untoldLength` hashes count. */
function trainWeights(examples, inputs, kept) {
  const mask = 2 ** slotBits - 1;
  const weights = new Float32Array(mask + 1);
  const squares = new Float32Array(mask + 1);
  const counts = new Uint16Array(mask + 1);
  for (const { hashes } of inputs) for (const hash of hashes) counts[hash & mask] = Math.min(60_000, counts[hash & mask] + 1);
  const isUsed = (hash) => (kept ? kept.has(hash) : counts[hash & mask] >= minCount);
  const used = inputs.map(({ hashes }) => hashes.filter((hash) => isUsed(hash)));
  const untoldCounts = inputs.map(({ hashes, untoldLength }) => untoldLength && hashes.subarray(0, untoldLength).filter((hash) => isUsed(hash)).length);
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
      const { isAsked, isWhole, weight, sourceWeight } = examples[n];
      const hashes = used[n];
      const isUntold = untoldCounts[n] !== undefined && random() < untoldShare;
      const length = isUntold ? untoldCounts[n] : hashes.length;
      let logit = inputs[n].logit;
      for (let at = 0; at < length; at++) logit += weights[hashes[at] & mask];
      const error = (1 / (1 + Math.exp(-logit)) - (isWhole ? 1 : 0)) * weight * sourceWeight * (isAsked ? questionWeight : 1);
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

/** Packs the first table into the bytes of a file without additions, calibrated by other examples. */
export function packEndings(features, examples) {
  const bytes = new Uint8Array(endingsBytes);
  fillTable(bytes, { at: 2 * calibrationBytes, slots: slotCount }, features);
  for (const [n, isTold] of [true, false].entries())
    writeCalibration(bytes, n * calibrationBytes, examples, ({ language }) => (isTold ? language : ''));
  return bytes;
}

/** Fills the corrections of a file in, calibrated by other examples of their languages. */
export function packCorrections(bytes, features, examples) {
  const languages = new Set(examples.map(({ language }) => language));
  bytes.fill(0, correctionTableAt);
  bytes.set(new TextEncoder().encode([...languages].sort().join('')), correctedCodesAt);
  fillTable(bytes, { at: correctionTableAt, slots: correctionSlotCount }, features);
  const endings = new WordEndings(bytes);
  const sums = examples.map(({ words, language }) => endings.sumCorrected(words, language));
  writeLine(bytes, endingsBytes - calibrationBytes, calibrateMiddle(sums, examples));
}

/** Fills the additions of a file in, calibrated by other examples. */
export function packAdditions(bytes, features, examples) {
  bytes.fill(0, ownTableAt);
  fillTable(bytes, { at: ownTableAt + calibrationBytes, slots: ownSlotCount }, features);
  writeCalibration(bytes, ownTableAt, examples, ({ language }) => language, calibrateMiddle);
}

function fillTable(bytes, { at, slots }, features) {
  const weights = new Int8Array(bytes.buffer, bytes.byteOffset + at, slots);
  const marks = bytes.subarray(at + slots, at + 2 * slots);
  for (const [hash, weight] of features) {
    const step = Math.round(Math.max(-5, Math.min(5, weight)) / weightStep);
    if (step === 0) continue;
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) % slots;
      if (weights[slot] !== 0) continue;
      weights[slot] = step;
      marks[slot] = hash >>> 24;
      break;
    }
  }
}

function writeCalibration(bytes, at, examples, findLanguage, fit = calibrate) {
  const endings = new WordEndings(bytes);
  const sums = examples.map((example) => endings.sumWeights(example.words, findLanguage(example)));
  writeLine(bytes, at, fit(sums, examples));
}

function writeLine(bytes, at, { slope, offset }) {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  view.setFloat32(0, slope, true);
  view.setFloat32(4, offset, true);
}

/**
 * Calibrates by all sums, then by those that decide nothing alone: the many sums far below 0, which are right more often than any straight line
 * says, would draw the middle down.
 */
function calibrateMiddle(sums, examples) {
  const { slope, offset } = calibrate(sums, examples);
  const isMiddle = sums.map((sum) => Math.abs(slope * sum + offset) <= maxMiddleLogit);
  return calibrate(
    sums.filter((_, n) => isMiddle[n]),
    examples.filter((_, n) => isMiddle[n]),
  );
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
