"""The published classifiers, in folds that keep runs together, and what their answers are worth."""
import warnings

import numpy as np
from scipy.stats import beta
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

import features


def clopper_pearson(hits, n, level=0.95):
    tail = (1 - level) / 2
    return (float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0, float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0)


class Fingerprint:
    """k-fingerprinting: what a forest's leaves say of two traces is their distance; the nearest traces vote."""

    def __init__(self, trees, seed, jobs, nearest=6):
        self.forest = RandomForestClassifier(trees, random_state=seed, n_jobs=jobs)
        self.nearest = nearest

    def fit(self, x, y):
        self.forest.fit(x, y)
        self.classes_ = self.forest.classes_
        self.leaves, self.y = self.forest.apply(x), np.searchsorted(self.classes_, y)
        return self

    def predict_proba(self, x):
        found = np.zeros((len(x), len(self.classes_)))
        for i, leaves in enumerate(self.forest.apply(x)):
            same = (self.leaves == leaves).mean(1)
            for neighbour in np.argsort(-same, kind='stable')[:self.nearest]:
                found[i, self.y[neighbour]] += 1 + same[neighbour]
        return found / found.sum(1, keepdims=True)


def classifiers(names, trees, seed, jobs):
    """(name, columns, model) each."""
    every = np.arange(len(names))
    curve = np.array([i for i, name in enumerate(names) if name.startswith('cumul')])
    return [('forest', every, RandomForestClassifier(trees, random_state=seed, n_jobs=jobs)),
            ('k-fingerprinting', every, Fingerprint(trees, seed, jobs)),
            ('nearest neighbours', every, make_pipeline(QuantileTransformer(n_quantiles=50, random_state=seed), KNeighborsClassifier(5, n_jobs=jobs))),
            ('boosting', every, make_pipeline(SelectFromModel(RandomForestClassifier(60, random_state=seed, n_jobs=jobs), max_features=120, threshold=-np.inf),
                                           HistGradientBoostingClassifier(max_iter=40, learning_rate=0.15, max_leaf_nodes=15, early_stopping=False, random_state=seed))),
            ('logistic on CUMUL', curve, make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300)))]


def mutual_information(truth, guess, classes):
    table = confusion_matrix(truth, guess, labels=np.arange(classes)) / len(truth)
    outer = table.sum(1, keepdims=True) @ table.sum(0, keepdims=True)
    filled = table > 0
    return float((table[filled] * np.log2(table[filled] / outer[filled])).sum())


def tpr_at(truth, scores, false_rate=0.01):
    """Mean over the classes, one against the rest, of the hits where one in a hundred of the rest is taken for it."""
    found = []
    for which in range(scores.shape[1]):
        mine, rest = scores[truth == which, which], scores[truth != which, which]
        if len(mine) and len(rest):
            limit = np.quantile(rest, 1 - false_rate, method='higher')
            found.append((mine > limit).mean())
    return float(np.mean(found))


def judge(truth, scores, classes, seed):
    guess = scores.argmax(1)
    n, hits = len(truth), int((guess == truth).sum())
    low, high = clopper_pearson(hits, n)
    chance = np.random.default_rng(seed)
    raw = mutual_information(truth, guess, classes)
    shuffled = [mutual_information(truth, chance.permutation(guess), classes) for _ in range(200)]
    share = np.bincount(truth, minlength=classes).max() / n
    return {'n': n, 'accuracy': hits / n, 'low': low, 'high': high, 'chance': float(share), 'tpr_at_1_fpr': tpr_at(truth, scores),
            'mi_bits': max(0.0, raw - float(np.mean(shuffled))), 'mi_p': float((1 + sum(s >= raw for s in shuffled)) / 201), 'min_entropy_leakage_bits': max(0.0, float(np.log2(max(hits / n, 1e-9) / share))),
            'confusion': confusion_matrix(truth, guess, labels=np.arange(classes)).tolist()}


def attack(traces, labels, trees=300, folds=5, seed=7, jobs=2, until=None, log=print, rows=None):
    """All classifiers on one question. None where there is too little to say anything."""
    index = {label: i for i, label in enumerate(labels)}
    traces = [trace for trace in traces if trace['label'] in index]
    y = np.array([index[trace['label']] for trace in traces])
    groups = np.array([trace['run'] for trace in traces])
    fewest = min(np.bincount(y, minlength=len(labels)))
    folds = min(folds, len(set(groups)), fewest)
    if fewest < 3 or folds < 2 or len(set(y)) < len(labels):
        return None
    names, x = features.table(traces, until)
    splits = [(train, test) for train, test in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(x, y, groups) if len(set(y[train])) == len(labels)]
    result = {'labels': labels, 'folds': len(splits), 'runs': len(set(groups)), 'classifiers': {}}
    for name, columns, model in classifiers(names, trees, seed, jobs):
        truth, scores = [], []
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            for train, test in splits:
                model.fit(x[np.ix_(train, columns)], y[train])
                truth.append(y[test])
                scores.append(model.predict_proba(x[np.ix_(test, columns)]))
        result['classifiers'][name] = judge(np.concatenate(truth), np.concatenate(scores), len(labels), seed)
        log('    %-20s %.3f' % (name, result['classifiers'][name]['accuracy']))
    result['best'] = max(result['classifiers'], key=lambda name: result['classifiers'][name]['accuracy'])
    # what it looked at, for whoever has to mend it
    forest = RandomForestClassifier(trees, random_state=seed, n_jobs=jobs).fit(x, y)
    order = np.argsort(-forest.feature_importances_)[:12]
    result['telling'] = [[names[i], round(float(forest.feature_importances_[i]), 4)] for i in order]
    return result


def two_class_auc(x, y, groups, seed=7, folds=5, forest=False):
    """Cross-validated AUC of boosting, or of a forest where there is little to learn from, with a bootstrap over groups for its interval."""
    scores, folds = np.zeros(len(y)), min(folds, len(set(groups)))
    if folds < 2 or len(set(y)) < 2:
        return None
    for train, test in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(x, y, groups):
        if len(set(y[train])) < 2:
            return None
        model = RandomForestClassifier(300, min_samples_leaf=3, random_state=seed) if forest else HistGradientBoostingClassifier(max_iter=60, learning_rate=0.1, max_leaf_nodes=15, early_stopping=False, random_state=seed)
        model.fit(x[train], y[train])
        scores[test] = model.predict_proba(x[test])[:, 1]
    chance, names = np.random.default_rng(seed), np.array(sorted(set(groups)))
    places = {name: np.flatnonzero(groups == name) for name in names}
    drawn = []
    for _ in range(200):
        pick = np.concatenate([places[name] for name in chance.choice(names, len(names))])
        if len(set(y[pick])) == 2:
            drawn.append(roc_auc_score(y[pick], scores[pick]))
    return {'auc': float(roc_auc_score(y, scores)), 'low': float(np.quantile(drawn, 0.025)), 'high': float(np.quantile(drawn, 0.975)), 'n': int(len(y)), 'positive': int(y.sum()), 'scores': scores}
