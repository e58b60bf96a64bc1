import json, sys

OWNERS = {"8.8.8.8": "Google", "198.41.0.4": "Verisign"}

for line in sys.stdin:
    address = json.loads(line)["address"]
    if address in OWNERS:
        answer = {"address": address, "owner": OWNERS[address]}
    else:
        answer = {"address": address, "found": False}
    print(json.dumps(answer), flush=True)
