"""What CloudFormation would create from a template with each of these sets of parameters, as JSON: conditions and rules are
evaluated, the rest stays as it is written. Usage: template_resources.py TEMPLATE LIST-OF-PARAMETERS-AS-JSON"""

import json
import sys

from cfnlint.decode import cfn_yaml

NO_VALUE = object()
template = cfn_yaml.load(sys.argv[1])
parameters = {}


def set_parameters(given):
    for name in given:
        assert name in template["Parameters"], f"there is no parameter {name}"
    for name, of in template["Parameters"].items():
        assert name in given or "Default" in of, f"{name} has no default: give it"
        parameters[name] = given.get(name, of.get("Default"))
        if "AllowedValues" in of:
            assert parameters[name] in of["AllowedValues"], f"{parameters[name]} is no value of {name}"


def holds(condition):
    ((function, arguments),) = condition.items()
    if function == "Condition":
        return holds(template["Conditions"][arguments])
    if function == "Fn::Not":
        return not holds(arguments[0])
    if function == "Fn::Or":
        return any(map(holds, arguments))
    if function == "Fn::And":
        return all(map(holds, arguments))
    if function == "Fn::Equals":
        # CloudFormation compares texts.
        one, other = map(value, arguments)
        return str(one) == str(other)
    raise ValueError(function)


def value(node):
    if isinstance(node, list):
        return [item for item in map(value, node) if item is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, arguments),) = node.items()
        if function == "Ref" and arguments == "AWS::NoValue":
            return NO_VALUE
        if function == "Ref" and arguments in parameters:
            return parameters[arguments]
        if function == "Fn::If":
            name, yes, no = arguments
            return value(yes if holds(template["Conditions"][name]) else no)
    done = {name: value(item) for name, item in node.items()}
    return {name: item for name, item in done.items() if item is not NO_VALUE}


def stack(given):
    set_parameters(given)
    failed = [
        assertion["AssertDescription"]
        for rule in template.get("Rules", {}).values()
        if "RuleCondition" not in rule or holds(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"])
    ]
    resources = {
        name: value(of)
        for name, of in template["Resources"].items()
        if "Condition" not in of or holds(template["Conditions"][of["Condition"]])
    }
    return {"failed": failed, "resources": resources}


print(json.dumps([stack(given) for given in json.loads(sys.argv[2])]))
