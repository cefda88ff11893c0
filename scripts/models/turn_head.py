"""A head on Smart Turn: models/smart-turn-v3.2-merged-silence/head.json, by which its pooled sound becomes a calibrated logit that
a person has finished, and the weights by which endpointing adds the words (`sumWeights` in endpointing-delay.ts).

    npm run bench -- turns --clips DIR --rows ROWS.jsonl
    pip install numpy==2.4.6 scikit-learn==1.9.1 && python scripts/models/turn_head.py DIR/manifest.json ROWS.jsonl HEAD.json FOLDS.json

DIR holds clips of people: a manifest as in test/fixtures/human, with a `speaker` where he is known. Each row is a silence: a pause of
a person's own, one that was put in at a border of words, or the end of a turn. Logistic regression, five folds by speaker: nobody is in
both parts. Clips without a known speaker are one fold. Each figure is of people whom the weights never saw. FOLDS.json keeps the
weights of each fold, so that `npm run bench -- turns --human` judges nobody by weights that heard him.
"""

import base64
import collections
import json
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

fold_count = 5
"""A pause of a person's own counts as much as three that were put in: there are fewer."""
own_pause_weight = 3
"""Strength of the weights' prior: of 1e-4, 1e-3 and 1e-2 the best Brier score over the folds."""
inverse_prior = 1e-3
least_probability = 0.001
judged_ms = [100, 200, 300, 500, 800]
answer_ms = 60


def main(manifest_path, rows_path, head_path, folds_path):
    speakers = read_speakers(manifest_path)
    rows = [json.loads(line) for line in open(rows_path)]
    folds = assign_folds([speakers[row["file"]] for row in rows])
    answers = list_answers(rows, speakers, folds)
    is_over, fold, weight = answers["is_over"], answers["fold"], answers["weight"]
    inputs = numpy.column_stack([answers["pooled"], answers["own"]])

    raw, fold_weights = fit_folds(inputs, is_over, fold, weight, inverse_prior)
    scales = [fit_scale(raw[fold != n], is_over[fold != n], weight[fold != n]) for n in range(fold_count)]
    sound = apply_by_fold(lambda n, x: scales[n][0] + scales[n][1] * x, raw, fold)
    own, _ = fit_folds(answers["own"][:, None], is_over, fold, weight, 1e3)
    words, _ = fit_folds(answers["words"][:, None], is_over, fold, weight, 1e3)
    both, _ = fit_folds(numpy.column_stack([answers["words"], sound]), is_over, fold, weight, 1e3)
    own_both, _ = fit_folds(numpy.column_stack([answers["words"], own]), is_over, fold, weight, 1e3)
    paced, _ = fit_folds(numpy.column_stack([answers["words"], sound, answers["pace"]]), is_over, fold, weight, 1e3)

    count_rows(rows, answers, speakers)
    named = {"words": words, "Smart Turn": own, "head": sound, "Smart Turn + words": own_both, "head + words": both, "head + words + pace": paced}
    print_shares(rows, answers, named)
    print_calibration("head + words", both, is_over, weight)
    compare(rows, answers, own, sound, "head", "Smart Turn")
    compare(rows, answers, own_both, both, "head + words", "Smart Turn + words")

    final = fit(inputs, is_over, weight, inverse_prior)
    scale = fit_scale(raw, is_over, weight)
    write_json(head_path, to_head(final, scale))
    sums = LogisticRegression(C=1e3).fit(numpy.column_stack([answers["words"], sound]), is_over, sample_weight=weight)
    print(f"\nsumWeights: bias {sums.intercept_[0]:.2f}, words {sums.coef_[0][0]:.2f}, sound {sums.coef_[0][1]:.2f}")
    files = collections.defaultdict(list)
    for row in rows:
        if row["file"] not in files[folds[speakers[row["file"]]]]:
            files[folds[speakers[row["file"]]]].append(row["file"])
    write_json(folds_path, [{"files": files[n], **to_head(fold_weights[n], scales[n])} for n in range(fold_count)])


def read_speakers(path):
    entries = json.load(open(path))
    named = {entry["file"]: entry.get("speaker", "") for entry in entries}
    return {file: "" if speaker.startswith("crowd") else speaker for file, speaker in named.items()}


def assign_folds(speakers):
    """Those of no known speaker are one fold. The others are spread evenly, who says most first."""
    folds, sizes = {"": 0}, [sys.maxsize] + [0] * (fold_count - 1)
    for speaker, count in collections.Counter(speakers).most_common():
        if speaker not in folds:
            folds[speaker] = sizes.index(min(sizes))
            sizes[folds[speaker]] += count
    return folds


def list_answers(rows, speakers, folds):
    """One entry for each answer of the turn model. Ends weigh as much as pauses, so that the logit is 0 where nothing is known."""
    listed = collections.defaultdict(list)
    for n, row in enumerate(rows):
        for answer in sorted(row["answers"], key=lambda answer: answer["askedMs"]):
            chance = min(max(answer["probability"], least_probability), 1 - least_probability)
            listed["row"].append(n)
            listed["asked_ms"].append(answer["askedMs"])
            listed["pooled"].append(numpy.frombuffer(base64.b64decode(answer["pooled"]), dtype=numpy.float32))
            listed["own"].append(numpy.log(chance / (1 - chance)))
            listed["is_over"].append(int(row["kind"] == "eot"))
            listed["is_natural"].append("insertedMs" not in row)
            listed["words"].append(row["wordsLogit"])
            listed["pace"].append(row["wordCount"] / max(0.5, row["spokenMs"] / 1000))
            listed["fold"].append(folds[speakers[row["file"]]])
    answers = {name: numpy.array(values) for name, values in listed.items()}
    weight = numpy.where((answers["is_over"] == 0) & answers["is_natural"], own_pause_weight, 1).astype(float)
    over = answers["is_over"] == 1
    weight[over] *= weight[~over].sum() / weight[over].sum()
    return {**answers, "weight": weight}


def fit(inputs, is_over, weight, prior):
    scaler = StandardScaler().fit(inputs)
    model = LogisticRegression(C=prior, max_iter=5000).fit(scaler.transform(inputs), is_over, sample_weight=weight)
    slopes = model.coef_[0] / scaler.scale_
    return model.intercept_[0] - slopes @ scaler.mean_, slopes


def fit_folds(inputs, is_over, fold, weight, prior):
    """Returns the logit of each entry by weights of the other folds, and these weights."""
    logits, weights = numpy.zeros(len(is_over)), []
    for n in range(fold_count):
        others = fold != n
        bias, slopes = fit(inputs[others], is_over[others], weight[others], prior)
        logits[~others] = bias + inputs[~others] @ slopes
        weights.append((bias, slopes))
    return logits, weights


def fit_scale(logits, is_over, weight):
    model = LogisticRegression(C=1e3).fit(logits[:, None], is_over, sample_weight=weight)
    return model.intercept_[0], model.coef_[0][0]


def apply_by_fold(convert, values, fold):
    return numpy.array([convert(n, value) for n, value in zip(fold, values)])


def to_head(weights, scale):
    bias, slopes = weights
    pooled = [float(f"{scale[1] * slope:.4g}") for slope in slopes[:-1]]
    return {"bias": round(float(scale[0] + scale[1] * bias), 4), "own": round(float(scale[1] * slopes[-1]), 4), "pooled": pooled}


def write_json(path, value):
    with open(path, "w") as file:
        file.write(json.dumps(value, separators=(",", ":")) + "\n")


def list_judged(rows, answers, at_ms):
    """Entries that are known at this silence: the latest answer in each row whose silence still lasts."""
    latest = {}
    for n, (row, asked_ms) in enumerate(zip(answers["row"], answers["asked_ms"])):
        lasts = rows[row]["kind"] == "eot" or rows[row]["lengthMs"] > at_ms
        if lasts and asked_ms <= at_ms + answer_ms:
            latest[row] = n
    return numpy.array(sorted(latest.values()))


def count_rows(rows, answers, speakers):
    kinds = collections.Counter("end" if row["kind"] == "eot" else "put in" if "insertedMs" in row else "own pause" for row in rows)
    judged = sum(len(list_judged(rows, answers, at_ms)) for at_ms in judged_ms)
    print(f"{len(rows)} silences {dict(kinds)} of {len(set(speakers.values()))} speakers, {judged} decisions")


def print_shares(rows, answers, named):
    print("\nsilence, judge: AUC of all / own, Brier; pauses ended where 95 % of ends are: own, put in (95 % interval)")
    for at_ms in judged_ms:
        entries = list_judged(rows, answers, at_ms)
        is_over, is_natural = answers["is_over"][entries], answers["is_natural"][entries]
        for name, logits in named.items():
            scores = logits[entries]
            threshold = numpy.quantile(scores[is_over == 1], 0.05)
            shares = [describe_share(scores[(is_over == 0) & (is_natural == kind)] >= threshold) for kind in (True, False)]
            areas = f"{roc_auc_score(is_over, scores):.3f} / {roc_auc_score(is_over[is_natural], scores[is_natural]):.3f}"
            brier = brier_score_loss(is_over, to_probability(scores), sample_weight=answers["weight"][entries])
            print(f"{at_ms:4} {name:20} {areas}  {brier:.3f}  {shares[0]:28} {shares[1]}")


def describe_share(hits):
    count = len(hits)
    if count == 0:
        return "none"
    share, z = numpy.mean(hits), 1.96
    middle = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * numpy.sqrt(share * (1 - share) / count + z * z / 4 / count**2)
    return f"{100 * share:.1f} % of {count} ({100 * (middle - half):.0f} to {100 * (middle + half):.0f})"


def print_calibration(name, logits, is_over, weight):
    print(f"\n{name}: what it says, how often it is so, of how many answers (ends weigh as much as pauses)")
    chance = to_probability(logits)
    for low in numpy.arange(0, 1, 0.1):
        inside = (chance >= low) & (chance < low + 0.1)
        if inside.any():
            said, seen = (numpy.average(values[inside], weights=weight[inside]) for values in (chance, is_over))
            print(f"  {said:.2f} {seen:.2f} {inside.sum()}")


def compare(rows, answers, before, after, after_name, before_name):
    """McNemar over the same pauses."""
    for at_ms in (100, 500):
        entries = list_judged(rows, answers, at_ms)
        over, natural = answers["is_over"][entries] == 1, answers["is_natural"][entries]
        for kind, members in (("own", ~over & natural), ("put in", ~over & ~natural)):
            ended = [scores[entries] >= numpy.quantile(scores[entries][over], 0.05) for scores in (before, after)]
            worse = int((~ended[0] & ended[1] & members).sum())
            better = int((ended[0] & ~ended[1] & members).sum())
            print(f"{at_ms} ms, {kind}: {after_name} spares {better} pauses that {before_name} ends, ends {worse} that it spares, p {sign_test(better, worse):.2g}")


def sign_test(better, worse):
    from math import comb

    count, least = better + worse, min(better, worse)
    return min(1, 2 * sum(comb(count, n) for n in range(least + 1)) / 2**count) if count else 1


def to_probability(logits):
    return 1 / (1 + numpy.exp(-logits))


if __name__ == "__main__":
    main(*sys.argv[1:5])
