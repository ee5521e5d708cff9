"""Which account owns the images that AWS provides, by repository and Region.

Source: ``image_uri_config`` of the SageMaker Python SDK 2.257.0 (xgboost, sklearn, sparkml-serving, huggingface-tei;
djl-lmi, sagemaker-tritonserver, pytorch) and of sagemaker-core 2.27.0, and the CDK's own facts about deep-learning
containers, which lack the last nine Regions of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

BUILT_IN_ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        "af-south-1": "510948584623",
        "ap-east-1": "651117190479",
        "ap-northeast-1": "354813040037",
        "ap-northeast-2": "366743142698",
        "ap-northeast-3": "867004704886",
        "ap-south-1": "720646828776",
        "ap-south-2": "628508329040",
        "ap-southeast-1": "121021644041",
        "ap-southeast-2": "783357654285",
        "ap-southeast-3": "951798379941",
        "ap-southeast-4": "106583098589",
        "ca-central-1": "341280168497",
        "ca-west-1": "190319476487",
        "cn-north-1": "450853457545",
        "cn-northwest-1": "451049120500",
        "eu-central-1": "492215442770",
        "eu-central-2": "680994064768",
        "eu-north-1": "662702820516",
        "eu-south-1": "978288397137",
        "eu-south-2": "104374241257",
        "eu-west-1": "141502667606",
        "eu-west-2": "764974769150",
        "eu-west-3": "659782779980",
        "il-central-1": "898809789911",
        "me-central-1": "272398656194",
        "me-south-1": "801668240914",
        "sa-east-1": "737474898029",
        "us-east-1": "683313688378",
        "us-east-2": "257758044811",
        "us-gov-east-1": "237065988967",
        "us-gov-west-1": "414596584902",
        "us-iso-east-1": "833128469047",
        "us-isob-east-1": "281123927165",
        "us-isof-east-1": "108575199400",
        "us-isof-south-1": "124985052026",
        "us-west-1": "746614075791",
        "us-west-2": "246618743249",
    }
)
"""Owners of XGBoost, scikit-learn, Spark ML and text-embeddings images, by Region."""

_EVERYWHERE = "763104351884"
DEEP_LEARNING_ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1"), _EVERYWHERE),
        **dict.fromkeys(("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1"), _EVERYWHERE),
        **dict.fromkeys(("eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2"), _EVERYWHERE),
        **dict.fromkeys(("us-west-1", "us-west-2"), _EVERYWHERE),
        "ap-east-1": "871362719292",
        "ap-east-2": "975050140332",
        "ap-south-2": "772153158452",
        "ap-southeast-3": "907027046896",
        "ap-southeast-4": "457447274322",
        "ap-southeast-6": "633930458069",
        "cn-north-1": "727897471807",
        "cn-northwest-1": "727897471807",
        "eu-central-2": "380420809688",
        "eu-south-1": "692866216735",
        "eu-south-2": "503227376785",
        "eusc-de-east-1": "204133271717",
        "me-central-1": "914824155844",
        "me-south-1": "217643126080",
        "us-isof-east-1": "303241398832",
        "us-isof-south-1": "454834333376",
        "af-south-1": "626614931356",
        "ap-northeast-3": "364406365360",
        "ap-southeast-5": "550225433462",
        "ap-southeast-7": "590183813437",
        "ca-west-1": "204538143572",
        "il-central-1": "780543022126",
        "mx-central-1": "637423239942",
        "us-gov-east-1": "446045086412",
        "us-gov-west-1": "442386744353",
    }
)
"""Owners of the deep-learning containers, by Region."""

_BUILT_IN = frozenset(("sagemaker-xgboost", "sagemaker-scikit-learn", "sagemaker-sparkml-serving", "tei", "tei-cpu"))
_DEEP_LEARNING = re.compile(r"[a-z0-9-]*-inference(-[a-z0-9]+)*|sagemaker-tritonserver|vllm|sglang")


def accounts_of(repository: str) -> Mapping[str, str] | None:
    """Owners of a repository of AWS, by Region; None of a repository that this release doesn't know."""
    if repository in _BUILT_IN:
        return BUILT_IN_ACCOUNTS
    return DEEP_LEARNING_ACCOUNTS if _DEEP_LEARNING.fullmatch(repository) else None
