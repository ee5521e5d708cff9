"""A local AWS on which a SageMaker shadow test is rehearsed, without Docker and without an account.

Passing here is a rehearsal, never evidence about AWS: ``README.md`` lists, rule by rule, what is modelled, what
is invented and what is missing.
"""

ACCOUNT_ID = "000000000000"
"""The one account; ministack uses it for every access key that is not itself twelve digits."""
