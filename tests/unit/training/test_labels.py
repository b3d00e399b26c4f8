"""Labels as they are published: columns, diagnoses, groups, splits, and what is left out."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_app.tables.errors import TableUnreadable
from triage_app.training.data import CLASSES, SPLITS, Record
from triage_app.training.diagnoses import code_of, of_hierarchy
from triage_app.training.errors import (
    LabelsUnreadable,
    LeakingLesion,
    SplitUnwritable,
    UnknownLabel,
)
from triage_app.training.groups import groups_of
from triage_app.training.labels import read_labels
from triage_app.training.published import Facts
from triage_app.training.splits import SHARES, SplitPlan, split_of

UNHURRIED = settings(deadline=None, derandomize=True, max_examples=60)
HOT = "MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"


class Labels:
    """A folder of tables, and what was said while they were read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def __call__(self, *texts: str | bytes, plan: SplitPlan | None = None) -> list[Record]:
        paths = []
        for number, text in enumerate(texts, start=1):
            path = self.folder / f"table_{number}.csv"
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            paths.append(path)
        return read_labels(paths, plan=plan, report=self.said.append)

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    return Labels(tmp_path)


def by_image(records: list[Record]) -> dict[str, Record]:
    return {record.image: record for record in records}


def test_ham10000_is_read_with_its_lesions_as_groups(labels: Labels) -> None:
    found = by_image(
        labels(
            "lesion_id,image_id,dx,dx_type,age,sex,localization,dataset\n"
            "HAM_1,ISIC_1,bkl,histo,80.0,male,scalp,vidir_modern\n"
            "HAM_1,ISIC_2,bkl,histo,80.0,male,scalp,vidir_modern\n"
            "HAM_2,ISIC_3,nv,follow_up,,female,back,rosendahl\n"
        )
    )
    assert found["ISIC_1"].group == found["ISIC_2"].group == found["ISIC_1"].lesion_id == "HAM_1"
    assert found["ISIC_1"].split == found["ISIC_2"].split
    assert replace(found["ISIC_3"], split="") == Record(
        "ISIC_3", "HAM_2", "nv", "", "follow_up", "", "female", "back", "rosendahl", "HAM_2"
    )


def test_isic_2018_is_one_hot_and_its_groupings_name_the_lesions(labels: Labels) -> None:
    found = labels(
        "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\n"
        "ISIC_1,0.0,1.0,0.0,0.0,0.0,0.0,0.0\nISIC_2,0,0,0,1,0,0,0\n",
        "image,lesion_id,diagnosis_confirm_type\n"
        "ISIC_2,HAM_9,histopathology\nISIC_1,HAM_9,serial imaging showing no change\n",
    )
    assert [(r.dx, r.group, r.dx_type) for r in found] == [
        ("nv", "HAM_9", "follow_up"),
        ("akiec", "HAM_9", "histo"),
    ]


def test_isic_2019_joins_its_metadata_and_leaves_out_what_the_model_does_not_know(
    labels: Labels,
) -> None:
    rows = "".join(
        f"ISIC_{n},{','.join('1.0' if place == n else '0.0' for place in range(9))}\n"
        for n in range(9)
    )
    meta = "".join(f"ISIC_{n},{n}5.0,anterior torso,BCN_{n // 2},female\n" for n in range(7))
    found = labels(
        f"image,{HOT}\n{rows}", f"image,age_approx,anatom_site_general,lesion_id,sex\n{meta}"
    )
    assert [r.dx for r in found] == [
        d for d in ("mel", "nv", "bcc", "akiec", "bkl", "df", "vasc", "scc") if d in CLASSES
    ]
    assert (found[0].group, found[1].group, found[2].age) == ("BCN_0", "BCN_0", "25.0")
    assert labels.heard("unknown 1)")
    assert labels.heard("no lesion or patient is named for 2 of 9")


def test_decimal_commas_are_read_and_what_is_no_single_class_is_named(labels: Labels) -> None:
    assert labels(f"image;{HOT.replace(',', ';')}\na;1,0;0;0;0;0;0;0;0;0\n")[0].dx == "mel"
    with pytest.raises(
        TableUnreadable, match=r"table_1\.csv, line 2, column 2: One of the columns"
    ):
        labels(f"image,{HOT}\na,0.6,0.4,0,0,0,0,0,0,0\n")
    with pytest.raises(TableUnreadable, match=r"line 2, column 3: 'x' is no number"):
        labels(f"image,{HOT}\na,1,x,0,0,0,0,0,0,0\n")


def test_isic_2020_is_grouped_by_patient(labels: Labels) -> None:
    found = labels(
        "image_name,patient_id,lesion_id,sex,age_approx,anatom_site_general_challenge,diagnosis,"
        "benign_malignant,target\n"
        "ISIC_1,IP_1,IL_1,male,45,torso,nevus,benign,0\n"
        "ISIC_2,IP_1,IL_2,male,45,torso,melanoma,malignant,1\n"
        "ISIC_3,IP_2,IL_3,male,45,torso,unknown,benign,0\n"
        "ISIC_4,IP_2,IL_4,male,45,torso,melanoma,benign,0\n"
    )
    assert [(r.dx, r.group, r.site) for r in found] == [
        ("nv", "IP_1", "torso"),
        ("mel", "IP_1", "torso"),
        ("benign", "IP_2", "torso"),
    ]
    assert labels.heard("left out: 1 of 4 images, called benign and malignant at once")


def test_the_archives_hierarchy_gives_the_narrowest_diagnosis_that_is_known(labels: Labels) -> None:
    found = labels(
        "isic_id,attribution,anatom_site_general,diagnosis_1,diagnosis_2,diagnosis_3,diagnosis_4,"
        "diagnosis_confirm_type,image_type,lesion_id,patient_id\n"
        "ISIC_1,x,palms,Benign,Benign melanocytic proliferations,Nevus,"
        '"Nevus, Atypical, Dysplastic, or Clark",histopathology,dermoscopic,IL_1,IP_1\n'
        "ISIC_2,x,,Malignant,Malignant melanocytic proliferations (Melanoma),Melanoma in situ,,"
        ",dermoscopic,IL_1,\n"
        "ISIC_3,x,,Benign,,,,,dermoscopic,,IP_1\n"
        "ISIC_4,x,,Benign,Benign melanocytic proliferations,Nevus,,,clinical: close-up,,IP_1\n"
        "ISIC_5,x,,,,,,,dermoscopic,,IP_1\n"
    )
    assert [(r.dx, r.group, r.dx_type) for r in found] == [
        ("nv", "IP_1", "histo"),
        ("mel", "IP_1", ""),
        ("benign", "IP_1", ""),
    ]
    for words in ("1 of 5 images, not dermoscopic", "1 of 5 images, without a diagnosis"):
        assert labels.heard(words)


def test_milk10k_joins_ground_truth_by_lesion_and_leaves_close_ups_out(labels: Labels) -> None:
    truth = "lesion_id,AKIEC,BCC,BEN_OTH,BKL,DF,INF,MAL_OTH,MEL,NV,SCCKA,VASC\n"
    meta = "lesion_id,image_type,isic_id,attribution,age_approx,sex,skin_tone_class,site\n"
    found = labels(
        truth + "IL_1,0,1.0,0,0,0,0,0,0,0,0,0\nIL_2,0,0,0,0,0,1.0,0,0,0,0,0\n",
        meta
        + "".join(
            f"IL_{lesion},{kind},ISIC_{lesion}{number},MILK,60,male,3,head\n"
            for lesion in (1, 2)
            for number, kind in enumerate(("clinical: close-up", "dermoscopic"))
        ),
    )
    assert [(r.image, r.dx, r.group, r.site) for r in found] == [("ISIC_11", "bcc", "IL_1", "head")]
    assert labels.heard("2 of 4 images, not dermoscopic")
    assert labels.heard("inflammatory 1")
    with pytest.raises(LabelsUnreadable, match="no photograph is named"):
        labels(truth + "IL_1,0,1.0,0,0,0,0,0,0,0,0,0\n")


def test_isic_2017_names_two_diagnoses_and_means_the_third(labels: Labels) -> None:
    found = labels("image_id,melanoma,seborrheic_keratosis\na,1.0,0.0\nb,0.0,1.0\nc,0.0,0.0\n")
    assert [r.dx for r in found] == ["mel", "bkl", "nv"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Melanoma, NOS", "mel"),
        ("Melanoma Invasive", "mel"),
        ("melanoma metastasis", ""),
        ("Squamous cell carcinoma in situ, Bowens disease", "akiec"),
        ("Squamous cell carcinoma, NOS", "scc"),
        ("Keratoacanthoma", "scc"),
        ("SCCKA", "scc"),
        ("Solar or actinic keratosis", "akiec"),
        ("lichen planus-like keratosis", "bkl"),
        ("Hemangioma, Hypertrophic", "vasc"),
        ("angiosarcoma", ""),
        ("dermatofibrosarcoma", ""),
        ("Nevus sebaceous", ""),
        ("Blue nevus", "nv"),
        ("melanocytic naevi", "nv"),
        ("Collision of nevus and melanoma", ""),
        ("lentigo NOS", ""),
        ("Benign", ""),
        ("UNK", ""),
        (" NV ", "nv"),
        ("", ""),
    ],
)
def test_names_of_diagnoses_are_known_and_others_never_mistaken(name: str, code: str) -> None:
    assert code_of(name) == code


def test_a_diagnosis_without_a_code_keeps_its_name_for_the_count() -> None:
    assert of_hierarchy(["Benign", "Cysts", "Trichilemmal cyst", ""]) == "trichilemmal cyst"
    assert (
        of_hierarchy(["Benign", "Benign soft tissue proliferations - Vascular", "", ""]) == "vasc"
    )
    assert of_hierarchy(["", "", ""]) == ""


def test_own_tables_keep_their_groups_and_splits(labels: Labels) -> None:
    found = labels(
        "IMAGE;Lesion_ID;group;DX;Split\na.jpg;L1;G1;MEL;Test\nb.jpg;L2;G1;nv;testing\n".encode(
            "utf-16"
        )
    )
    assert [(r.group, r.dx, r.split, r.lesion_id) for r in found] == [
        ("G1", "mel", "test", "L1"),
        ("G1", "nv", "test", "L2"),
    ]
    assert not labels.said


def test_a_lesion_in_two_splits_is_refused_in_published_tables_too(labels: Labels) -> None:
    with pytest.raises(LeakingLesion, match="'L1'"):
        labels("image_id,lesion_id,dx,split\na,L1,nv,train\nb,L1,nv,val\n")


@pytest.mark.parametrize(
    ("tables", "error", "sentence"),
    [
        (("image,dx,split\na,nv,train\nb,nv,\n",), UnknownLabel, r"table_1\.csv, line 3: '' is no"),
        (("image,dx,split\na,nv,holdout\n",), UnknownLabel, "'holdout' is no split"),
        (("image,dx\na,wart\n",), UnknownLabel, "no diagnosis is one that the model knows"),
        (("image,age\na,4\n",), LabelsUnreadable, "no photograph has a diagnosis"),
        (("picture,dx\na,nv\n",), TableUnreadable, "No column names the photographs"),
        (("image,dx\n,nv\n",), TableUnreadable, "line 2, column 1: The row names no photograph"),
        (("image,dx\na,nv\nA.JPG,nv\n",), TableUnreadable, r"line 3: 'A\.JPG' is there twice"),
        (("image,dx\na,nv\n", "image,dx\na.jpg,mel\n"), TableUnreadable, "table_2.csv, line 2: dx"),
        (("image,dx\na\n",), TableUnreadable, "line 2: The row has 1 cells"),
        ((b"PK\x03\x04",), TableUnreadable, "Excel workbook"),
    ],
)
def test_what_cannot_be_used_is_named(
    labels: Labels, tables: tuple[str, ...], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        labels(*tables)


def test_the_word_benign_of_one_table_gives_way_to_the_diagnosis_of_another(labels: Labels) -> None:
    (found,) = labels("image,dx\na,benign\n", "isic_id,diagnosis\na,nevus\n")
    assert found.dx == "nv"


IDS = st.sampled_from(["", "1", "2", "3", "4", "5"])
KNOWN = st.lists(st.tuples(IDS, IDS), min_size=1, max_size=25).map(
    lambda ids: [
        Facts(image=f"i{n}", patient=patient, lesion=lesion, dx="nv")
        for n, (patient, lesion) in enumerate(ids)
    ]
)


@UNHURRIED
@given(KNOWN)
def test_no_patient_and_no_lesion_is_in_two_groups_and_only_chains_join(known: list[Facts]) -> None:
    groups = groups_of(known)
    for kind in ("patient", "lesion"):
        of_id: dict[str, set[str]] = {}
        for facts, group in zip(known, groups, strict=True):
            if getattr(facts, kind):
                of_id.setdefault(getattr(facts, kind), set()).add(group)
        assert all(len(found) == 1 for found in of_id.values())
    alone = [g for f, g in zip(known, groups, strict=True) if not (f.patient or f.lesion)]
    assert all(groups.count(group) == 1 for group in alone)


def test_a_copy_in_another_size_belongs_to_its_original() -> None:
    one, other = Facts(image="ISIC_7"), Facts(image="ISIC_7_downsampled.jpg")
    assert len(set(groups_of([one, other]))) == 1


@UNHURRIED
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(CLASSES)), min_size=1, max_size=150),
    st.integers(0, 5),
    st.randoms(),
)
def test_a_split_keeps_groups_whole_and_hangs_on_nothing_but_groups_and_seed(
    rows: list[tuple[int, str]], seed: int, chance: "st.randoms"
) -> None:
    groups, diagnoses = [f"g{group}" for group, _ in rows], [dx for _, dx in rows]
    chosen = split_of(groups, diagnoses, seed)
    by_group = dict(zip(groups, chosen, strict=True))
    assert [by_group[group] for group in groups] == chosen
    order = list(range(len(rows)))
    chance.shuffle(order)
    again = split_of([groups[i] for i in order], [diagnoses[i] for i in order], seed)
    assert again == [chosen[i] for i in order]


def test_every_diagnosis_reaches_every_split_in_its_share() -> None:
    groups = [f"g{n}" for n in range(1000)]
    diagnoses = ["df" if n < 5 else "mel" if n < 100 else "nv" for n in range(1000)]
    chosen = split_of(groups, diagnoses, 0)
    for dx in ("df", "mel", "nv"):
        counts = Counter(s for s, d in zip(chosen, diagnoses, strict=True) if d == dx)
        assert set(counts) == set(SPLITS)
        if dx != "df":
            whole = counts.total()
            assert all(abs(counts[s] / whole - share) < 0.02 for s, share in SHARES.items())
    assert split_of(groups, diagnoses, 1) != chosen


def test_the_split_that_was_made_is_written_down_and_reads_back_the_same(
    labels: Labels, tmp_path: Path
) -> None:
    rows = "".join(f"L{n // 2},ISIC_{n},{'nv' if n % 6 else 'benign'}\n" for n in range(60))
    text, plan = f"lesion_id,image_id,dx\n{rows}", SplitPlan(tmp_path / "run" / "split.csv", 3)
    found = labels(text, plan=plan)
    assert labels.heard("one was made by group, seed 3 (train 42, val ")
    assert plan.out is not None
    assert read_labels(plan.out) == found
    assert labels(text, plan=plan) == found
    before = plan.out.read_bytes()
    with pytest.raises(SplitUnwritable, match="holds another split"):
        labels(text, plan=replace(plan, seed=4))
    assert plan.out.read_bytes() == before
