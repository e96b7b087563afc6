"""Secrets of a command line are not kept; what is no secret stays readable."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.redaction import redacted

SECRET = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).map("S".__add__)
WORDS = st.lists(st.text(string.ascii_lowercase + "=/-.,0123456789", max_size=12), max_size=4)
SHAPES = [
    ["--token", "{}"], ["--token={}"], ["--hf-token", "{}"], ["--api-key={}"], ["--api_key", "{}"],
    ["-e", "WANDB_API_KEY={}"], ["OPENAI_KEY={}"], ["AWS_SECRET_ACCESS_KEY={}"],
    ["--password", "{}"], ["db.password={}"], ["model.api_key={}"], ["hf_{}"], ["sk-{}"],
    ["ghp_{}"], ["AKIA{}"], ["github_pat_{}"], ["https://ada:{}@host/x"], ["postgres://u:{}@db/x"],
    ["sh", "-c", "TOKEN={} python train.py"], ["sh", "-c", "python train.py --token {} --lr 3e-4"],
    ["sh", "-c", "curl -H 'Authorization: token' https://u:{}@x"], ["--token", "a {} b"],
    ["--secret='{} x'"],
]  # fmt: skip


@given(st.sampled_from(SHAPES), SECRET, WORDS, WORDS)
def test_no_secret_is_kept(shape, secret, before, after) -> None:
    argv = ["python", *before, "train.py", *(word.format(secret) for word in shape), *after]
    shown = redacted(argv)
    assert len(shown) == len(argv)
    assert secret not in " ".join(shown)


@pytest.mark.parametrize(
    "argv",
    [
        ["python", "train.py", "--tokenizer", "gpt2", "--max-tokens", "512"],
        ["--lr=3e-4", "optimizer.lr=0.1", "key=price", "--sort-key", "date"],
        ["https://host/path@v2", "user@host:/data", "s3://bucket/key"],
        ["--author", "ada", "--passes", "3", "--secretary", "x"],
    ],
)
def test_what_is_no_secret_stays(argv) -> None:
    assert redacted(argv) == argv


@given(st.lists(st.text(max_size=30), max_size=6))
def test_it_never_fails_and_twice_is_once(argv) -> None:
    once = redacted(argv)
    assert len(once) == len(argv)
    assert redacted(once) == once


KEY = "Q7zX9pL2mK4vB8nR"
FORMS = [
    ["--pass", "{}"], ["--apiToken", "{}"], ["--accessToken={}"], ["dbPassword={}"],
    ["DB_PASS={}"], ["PGPASSWORD={}"], ["MYSQL_PWD={}"], ["API_KEY_2={}"], ["+db.password={}"],
    ["--storage-key={}"], ["--hf-token-value", "{}"], ["--conn=host=db password={}"],
    ["--env=HF_TOKEN={}"], ["AccountName=x;AccountKey={};EndpointSuffix=core.example"],
    ["-H", "Authorization: Bearer {}"], ["Authorization: Basic {}"], ["X-Api-Key: {}"],
    ["Authorization: token {}"], ["Private-Token: {}"], ["Cookie: session={}; id=1"],
    ['{{"password": "{}"}}'], ["{{'api_key': '{}'}}"], ['{{\\"secret\\":\\"{}\\"}}'],
    ["{{password:{}}}"], ["-u", "ada:{}"], ["--user", "ada:{}"], ["-uada:{}"],
    ["--user=ada:{}"], ["https://{}@host.example/repo.git"], ["git+https://{}@host.example/r"],
    ["https://ada:p@{}@host.example/x"], ["redis://:{}@host.example/0"],
    ["https://s3.example/f?X-Amz-Date=1&X-Amz-Signature={}"],
    ["https://s3.example/f?X-Amz-Credential={}"], ["https://b.example/f?sv=1&sig={}&se=2"],
    ["https://maps.example/f?key={}"], ["https://api.example/f?access_token={}"],
    ["https://hooks.slack.com/services/T0/B0/{}"], ["wandb", "login", "{}"],
    ["/usr/bin/wandb", "login", "--relogin", "{}"], ["vault", "login", "{}"],
    ["docker", "login", "-u", "ada", "-p", "{}"], ["sshpass", "-p", "{}", "ssh", "host"],
    ["mysql", "-uada", "-p{}", "db"], ["redis-cli", "-a", "{}", "ping"],
    ["aws", "configure", "set", "aws_secret_access_key", "{}"],
    ["dvc", "remote", "modify", "store", "password", "{}"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{}"], ["AIzaSy{}"], ["npm_{}"], ["pypi-{}"],
    ["nvapi-{}"], ["sk_live_{}"], ["sk-proj-{}"], ["glpat-{}"], ["xoxb-1-{}"], ["r8_{}"],
    ["gsk_{}"], ["hvs.{}"], ["GOCSPX-{}"], ["{}{}"],
    ["-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"],
    ["sh", "-c", "export MLFLOW_TRACKING_PASSWORD={}; true"], ["sh", "-c", "wandb login {}&&true"],
    ["sh", "-c", "curl -u ada:{} https://host.example"], ["sh", "-c", "x --pass '{}' --lr 1"],
    ["sh", "-c", "curl -H \"Authorization: Bearer {}\" https://host.example"],
    ["python", "-c", "wandb.login(key='{}')"], ["python", "-c", "login(host='h', key='{}')"],
    ["python", "-c", "os.environ['HF_TOKEN']='{}'"], ["python", "-c", "login('{}')"],
    ["python", "-c", "os.environ.setdefault(\"HF_TOKEN\", \"{}\")"],
    ["--pw", "{}"], ["--pw={}"], ["--db-pw", "{}"], ["--psw", "{}"], ["--hf-tok", "{}"],
    ["--api-keys", "a,{}"], ["--tokens", "{}"], ["--passwords", "{}"], ["--secrets={}"],
    ["--api.key={}"], ["secrets.hf={}"], ["--kaggle_key", "{}"], ["--auth", "{}"],
    ["--auth={}"], ["--auth-header", "{}"], ["--login", "ada:{}"], ["--login=ada:{}"],
    ["--secret-id", "{}"], ["curl", "-su", "ada:{}"], ["-H", "x-functions-key: {}"],
    ["lftp", "-u", "ada,{}"], ["smbclient", "-U", "ada%{}"], ["smbclient", "-Uada%{}"],
    ["zip", "-P", "{}"], ["vault", "write", "x", "value={}"],
    ["vault", "kv", "put", "kv/x", "a=1", "b=2", "c=3", "d=4", "e=5", "f={}"],
    ["kaggle", "config", "set", "-n", "key", "-v", "{}"], ["huggingface-cli", "login", "{}"],
    ["--token", "--", "{}"], ["docker", "run", "img", "curl", "-u", "ada:{}"],
    ["sh", "-c", "echo '{{\"token\": \"{}\"}}' > f"], ["sh", "-c", "PASSWORD=\"a {} b\" python x"],
]  # fmt: skip
HARMLESS = [
    "--lr=0.001", "--max-tokens=512", "--tokenizer=bert-base", "--pass-through=yes", "seed=3",
    "--key-frames=7", "data/passages.csv", "https://host.example/data?page=2", "--monkey=1",
    "--secretary-problem=2", "--pad-token=<pad>", "--eos_token=</s>", "--forward-pass=2",
    "--bypass=yes", "--compass=north", "--n-tokens=5", "--keys=a,b", "token_type=bpe",
    "--secret-file=/run/x", "--signature-size=3", "design=3", "CUDA_VISIBLE_DEVICES=0,1",
    "git@host.example:ada/repo.git", "https://git@host.example/r", "ssh://ada@host.example/x",
    "postgresql://ada@db.example/x", "sqlite:///mlflow.db", "s3://bucket/key/x.parquet",
    "--commit=4e641c5a1b2c3d4e5f60718293a4b5c6d7e8f901", "experiment-2026-11-30-resnet50-v2",
    "550e8400-e29b-41d4-a716-446655440000", "Qwen2.5-Coder-7B-Instruct-GPTQ-Int4",
    "facebook/wav2vec2-large-960h-lv60-self", "meta-llama/Meta-Llama-3.1-8B-Instruct",
    "RetinaNet50FPNv2Coco2017Baseline3x", "data/Train_Set_V2/Images2024/Batch07/a.png",
    "https://host.example/data?key=train&split=2", "sk-learn", "8080:80", "mlkanban: loss=0.3",
    "optimizer.betas=[0.9,0.999]", "python train.py --seed 3 && echo done", "--primary-key=id",
    "time=2026-11-30T02:00:00", "C:/data/train.csv", "--bearing=3", "--patience=5",
    "--pass=3", "multi.pass=2", "--img-token=5", "--mem-token=5", "--vision-token=1024",
    "--signature=v2", "--register_token=4", "--tokens=300B", "--tokens=1e9", "--auth=basic",
    "--max-tokens=auto", "secrets.path=/run/x", "--resume=ResNet50v2Aug3LR1e4Bs256Wd1e2",
    "data.key=price", "--token=5", "login(host='h')",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_the_forms_in_which_people_write_secrets_are_known(form) -> None:
    argv = ["python", "x.py", *(word.format(KEY, KEY) for word in form), "next"]
    shown = redacted(argv)
    assert KEY not in " ".join(shown)
    assert "***" in " ".join(shown)
    assert (shown[:2], shown[-1]) == (["python", "x.py"], "next")
    assert redacted(shown) == shown


@pytest.mark.parametrize("word", HARMLESS)
def test_a_word_that_only_looks_a_little_like_a_secret_stays(word) -> None:
    assert redacted([word]) == [word]
    assert redacted(["-u", "train.py", word, "--lr", "3"]) == ["-u", "train.py", word, "--lr", "3"]


@pytest.mark.parametrize(
    "line",
    [
        "--pass 3", "--img-token 5", "--vision-token 3", "--signature v2", "--tokens 4096",
        "docker run -u user:group img", "docker run --rm --gpus all -v a:b -w /c -u user:group img",
        "podman run --user=user:group img", "--resume ResNet50v2Aug3LR1e4Bs256Wd1e2",
    ],
)  # fmt: skip
def test_what_only_the_value_shows_to_be_no_secret_stays(line) -> None:
    assert redacted(line.split()) == line.split()
    assert redacted([line]) == [line]


def test_the_rest_of_a_signed_url_and_of_a_script_stays() -> None:
    signed = f"https://s3.example/f?X-Amz-Signature={KEY}&X-Amz-Date=1"
    script = f"export HF_TOKEN={KEY}; python x.py --lr 1 --token {KEY}; ls"
    assert redacted([signed]) == ["https://s3.example/f?X-Amz-Signature=***&X-Amz-Date=1"]
    assert redacted([script]) == ["export HF_TOKEN=***; python x.py --lr 1 --token ***; ls"]


@pytest.mark.parametrize("word", ["a" * 200_000, "a-" * 100_000, "://" * 50_000, "x=" * 100_000])
def test_a_word_of_any_length_is_looked_at_in_one_go(word) -> None:
    assert redacted([word]) == [word]


@pytest.mark.parametrize(
    ("word", "hidden"),
    [
        # Of 24 signs on, of both cases and digits in no order, and hardly one of them twice.
        ("aB1cD2eF3gH4iJ5kL6mN7oP", False), ("aB1cD2eF3gH4iJ5kL6mN7oP8", True),
        ("aB1cD2eF3gH4" * 2, False), ("aB1cD2eF3gH4iJ" * 2, False), ("aB1cD2eF3gH4iJ5k" * 2, True),
        ("ab1cd2ef3gh4ij5kl6mn7op8", False), ("aBcDeFgHiJkLmNoPqRsTuVwX", False),
        ("aaBB11ccDD22eeFF33ggHH44iiJJ55kk", False),
    ],
)  # fmt: skip
def test_a_word_is_too_random_to_be_a_name_from_a_length_and_a_mixture_on(word, hidden) -> None:
    assert redacted([word]) == (["***"] if hidden else [word])
