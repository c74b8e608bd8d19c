# SPDX-License-Identifier: Apache-2.0
"""
What the documents name is there: commands, files, arguments, parameters, links.

The sources are read as text, so that no ROS is needed; whether a command does what its document
says is left to the tests of that command.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODES = ROOT / 'discinst_ros' / 'nodes'
PAGES = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('weights/*.md')])
#: The tables of arguments in a launch file, and the column of a row that has the name.
NAME_COLUMNS = {'ARGUMENTS': 0, 'PARAMETERS': 1}
CODE = re.compile(r'^```(\w*)\n(.*?)^```', re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return CODE.sub('', page.read_text())


def anchors(page: Path) -> set[str]:
    """Return the names under which the headings of a page can be linked."""
    headings = re.findall(r'^#+ (.*)$', prose(page), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        text = re.sub(r'`[^`\n]*`', '', prose(page))
        found = re.findall(r'\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"', text)
        yield from ((page, target) for pair in found for target in pair
                    if target and '://' not in target)


def mentions(pattern: str) -> list[tuple[str, str]]:
    """Return where a pattern's one group occurs in the documents: page and word."""
    return [(name_of(page), word) for page in PAGES
            for word in sorted(set(re.findall(pattern, page.read_text())))]


def calls(source: Path, *functions: str) -> Iterator[Any]:
    """Return the calls of some functions, by name, that begin with a literal."""
    for node in ast.walk(ast.parse(source.read_text())):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                and node.func.id in functions and isinstance(node.args[0], ast.Constant)):
            yield node


def table(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, without the back quotes."""
    text = (ROOT / page).read_text().split(f'\n{heading}\n', 1)[1]
    rows = re.search(r'^\|.*?\n\|[-| ]+\n((?:\|.*\n)+)', text, re.MULTILINE)
    assert rows is not None
    return [[cell.strip().replace('`', '') for cell in row.strip('|').split('|')]
            for row in rows[1].splitlines()]


@pytest.mark.parametrize('page, command', mentions(
    r'(?:ros2 run discinst_ros|python3? -m discinst_ros) ([a-z]\w*)'))
def test_command_is_an_entry_point(page: str, command: str) -> None:
    entry_points = re.findall(r"'(\w+) = discinst_ros\.", (ROOT / 'setup.py').read_text())
    assert command in entry_points, f'{page} names {command}'


@pytest.mark.parametrize('page, target', mentions(r'(?m)(?:^|`)make ([a-z]+)'))
def test_make_target_exists(page: str, target: str) -> None:
    makefile = (ROOT / 'Makefile').read_text()
    assert re.search(rf'^{target}:', makefile, re.MULTILINE), f'{page} names make {target}'


@pytest.mark.parametrize('page, target', [
    pytest.param(page, target, id=f'{name_of(page)}:{target}') for page, target in links()])
def test_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition('#')
    goal = (page.parent / path).resolve() if path else page
    assert goal.exists()
    assert not anchor or anchor in anchors(goal)


@pytest.mark.parametrize('page, code', [
    pytest.param(page, code, id=f'{name_of(page)}:{code.strip().splitlines()[0]}')
    for page in PAGES for language, code in CODE.findall(page.read_text())
    if language == 'python'])
def test_python_compiles(page: Path, code: str) -> None:
    compile(code, name_of(page), 'exec')


@pytest.mark.parametrize('page, file', mentions(r'ros2 launch discinst_ros ([\w.]+)'))
def test_launch_file_exists(page: str, file: str) -> None:
    assert (ROOT / 'launch' / file).is_file(), f'{page} names {file}'


@pytest.mark.parametrize('page, argument', mentions(r'(?<!-p )(?<!-r )\b([a-z]\w*):='))
def test_launch_argument_is_declared(page: str, argument: str) -> None:
    declared: set[str] = set()
    for file in (ROOT / 'launch').glob('*.launch.py'):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in NAME_COLUMNS:
                column = NAME_COLUMNS[ast.unparse(node.targets[0])]
                assert isinstance(node.value, ast.Tuple)
                declared |= {ast.literal_eval(row.elts[column]) for row in node.value.elts
                             if isinstance(row, ast.Tuple)}
    assert argument in declared, f'{page} names {argument}:='


@pytest.mark.parametrize('page, parameter', mentions(r'-p (\w+):='))
def test_parameter_given_in_a_command_is_declared(page: str, parameter: str) -> None:
    declared = {call.args[0].value for source in NODES.glob('*.py')
                for call in calls(source, 'Spec', '_choice')}
    assert parameter in declared, f'{page} names -p {parameter}:='


@pytest.mark.parametrize('heading, source', [
    ('## Parameters', 'perception_parameters'),
    ('### Parameters of replay_camera', 'replay_camera camera_publisher'),
    ('### Parameters of instance_report', 'instance_report'),
    ('### Parameters of pick_planner', 'pick_parameters'),
    ('### Parameters of sim_cell', 'sim_cell camera_publisher'),
])
def test_parameter_table_is_the_declaration(heading: str, source: str) -> None:
    documented = {row[0]: row[1] for row in table('docs/ros_interface.md', heading)}
    declarations = [call for name in source.split()
                    for call in calls(NODES / f'{name}.py', 'Spec', '_choice')]
    assert set(documented) == {call.args[0].value for call in declarations}
    for call in declarations:
        if isinstance(call.args[1], ast.Constant):
            default = call.args[1].value
            expected = 'empty' if default == '' else str(default)
            assert documented[call.args[0].value].lower() == expected.lower()


def test_topic_table_is_what_is_published() -> None:
    documented = {row[0]: row[1].split('/')[1]
                  for row in table('docs/ros_interface.md', '## Published topics')}
    published = re.findall(r"_create\((\w+), '([\w/]+)'", (NODES / 'publishers.py').read_text())
    assert documented == {topic: message for message, topic in published}


def test_layout_names_what_is_there() -> None:
    design = (ROOT / 'docs' / 'design.md').read_text().split('\n## Layout\n', 1)[1]
    block = CODE.search(design)
    assert block is not None
    folder = ROOT
    for line in block[2].splitlines():
        entry = re.split(r'  +', line.strip())[0]
        inside = line.startswith(' ')
        for name in entry.split(', '):
            path = (folder if inside else ROOT) / name
            assert path.exists(), f'docs/design.md names {name}'
        if not inside and entry.endswith('/'):
            folder = ROOT / entry
