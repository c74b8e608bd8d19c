# SPDX-License-Identifier: Apache-2.0
"""
The messages of vision_msgs 4.1.1, ours or upstream's: names, fields and type hashes.

Two nodes understand each other if the hashes agree; they are those of the released package.
"""

import json
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
import pytest
from rclpy.serialization import deserialize_message, serialize_message
import vision_msgs.msg

HEADER = {'header': 'std_msgs/Header'}
RESULTS = {'results': 'sequence<vision_msgs/ObjectHypothesisWithPose>'}

FIELDS = {
    'BoundingBox2D': {'center': 'vision_msgs/Pose2D', 'size_x': 'double', 'size_y': 'double'},
    'BoundingBox2DArray': HEADER | {'boxes': 'sequence<vision_msgs/BoundingBox2D>'},
    'BoundingBox3D': {'center': 'geometry_msgs/Pose', 'size': 'geometry_msgs/Vector3'},
    'BoundingBox3DArray': HEADER | {'boxes': 'sequence<vision_msgs/BoundingBox3D>'},
    'Classification': HEADER | {'results': 'sequence<vision_msgs/ObjectHypothesis>'},
    'Detection2D': HEADER | RESULTS | {'bbox': 'vision_msgs/BoundingBox2D', 'id': 'string'},
    'Detection2DArray': HEADER | {'detections': 'sequence<vision_msgs/Detection2D>'},
    'Detection3D': HEADER | RESULTS | {'bbox': 'vision_msgs/BoundingBox3D', 'id': 'string'},
    'Detection3DArray': HEADER | {'detections': 'sequence<vision_msgs/Detection3D>'},
    'LabelInfo': HEADER | {'class_map': 'sequence<vision_msgs/VisionClass>', 'threshold': 'float'},
    'ObjectHypothesis': {'class_id': 'string', 'score': 'double'},
    'ObjectHypothesisWithPose': {'hypothesis': 'vision_msgs/ObjectHypothesis',
                                 'pose': 'geometry_msgs/PoseWithCovariance'},
    'Point2D': {'x': 'double', 'y': 'double'},
    'Pose2D': {'position': 'vision_msgs/Point2D', 'theta': 'double'},
    'VisionClass': {'class_id': 'uint16', 'class_name': 'string'},
    'VisionInfo': HEADER | {'method': 'string', 'database_location': 'string',
                            'database_version': 'int32'},
}

HASHES = {
    'BoundingBox2D':
        '008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f',
    'BoundingBox2DArray':
        '2464e82838009386d371b523211c21c91d74d313fcdd6788223c531d621cf691',
    'BoundingBox3D':
        'bbb73a65c163d7f9bb29009c7bde9f7faa576bd2d23299c4511d19230dab4698',
    'BoundingBox3DArray':
        'a81938db9576b10c2eecd7c5a5da3eac496efd00221b25ed051dfbc81fb56da6',
    'Classification':
        'f74db28d0eaef3afb78f48bf2161cd709a1383a0309d3454383b25be11345143',
    'Detection2D':
        '0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea',
    'Detection2DArray':
        '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'Detection3D':
        'ddd703be132ab0b69d33121f1bb034132bfbb3b0ac5f9fb1516005ba1c8a265b',
    'Detection3DArray':
        '793f5eab9595ac1c0da07873cc859db42eae51f0ee76056db8562515d830e018',
    'LabelInfo':
        '3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
    'ObjectHypothesis':
        '51da43cec11c01957a64d1e05a24acd18aae7745ec30b74348ad5f6d634f7f90',
    'ObjectHypothesisWithPose':
        '41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc',
    'Point2D':
        'eab0e83f44ab4de92ceaf76dd7d0e7638f2bdd1d16ffbe16c7a136c48e407247',
    'Pose2D':
        'b0b5d1d7b4c20dd4fcde3ed1d4b289a919290572007d67a97043814db25d3648',
    'VisionClass':
        '1e4a11f0fed50b5623cb8ff26ca0e37952a48a9c074d16f804b44e9164c2037a',
    'VisionInfo':
        '95d3116a17484ad91c9a2686e1d54890bbfc3ff6c6a2de137738c4950d45d284',
}


@pytest.mark.parametrize('name', FIELDS)
def test_fields(name: str) -> None:
    message = getattr(vision_msgs.msg, name)
    assert message.get_fields_and_field_types() == FIELDS[name]


@pytest.mark.parametrize('name', HASHES)
def test_hash(name: str) -> None:
    share = Path(get_package_share_directory('vision_msgs'))
    description = json.loads((share / 'msg' / f'{name}.json').read_text())
    hashes = {entry['type_name']: entry['hash_string'] for entry in description['type_hashes']}
    assert hashes[f'vision_msgs/msg/{name}'] == f'RIHS01_{HASHES[name]}'


def test_nothing_is_missing_or_more() -> None:
    messages = {name for name in dir(vision_msgs.msg) if name[0].isupper()}
    assert messages == set(FIELDS) == set(HASHES)


def test_goes_over_the_wire() -> None:
    detection = vision_msgs.msg.Detection3D(id='7')
    detection.bbox.center.position.z = 0.5
    hypothesis = vision_msgs.msg.ObjectHypothesisWithPose()
    hypothesis.hypothesis.class_id = '1'
    hypothesis.hypothesis.score = 0.25
    detection.results.append(hypothesis)
    sent = vision_msgs.msg.Detection3DArray(detections=[detection, vision_msgs.msg.Detection3D()])
    received = deserialize_message(serialize_message(sent), vision_msgs.msg.Detection3DArray)
    assert received == sent
    assert received.detections[0].results[0].hypothesis.class_id == '1'
