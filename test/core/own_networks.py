# SPDX-License-Identifier: Apache-2.0
"""Networks as users write them, good and bad, for test_networks_own.py to name by path."""

import weakref

import torch
from torch import nn


class Net(nn.Module):
    """One convolution for each output; any size."""

    def __init__(self, *, embedding_dim, num_classes, in_channels):
        super().__init__()
        self.embed = nn.Conv2d(in_channels, embedding_dim, 3, padding=1)
        self.head = nn.Conv2d(in_channels, num_classes, 3, padding=1)

    def forward(self, x):
        return self.embed(x), self.head(x)


class Coarse(Net):
    """Takes multiples of 4 only."""

    stride = 4

    def forward(self, x):
        batch, channels, height, width = x.shape
        x = x.view(batch, channels, height // 4, 4, width // 4, 4)[:, :, :, 0, :, 0]
        return tuple(one.repeat_interleave(4, -1).repeat_interleave(4, -2)
                     for one in super().forward(x))


class Silent(Coarse):
    """Does not say so."""

    stride = 1


class Magnifies(Coarse):
    """Gives twice the size that it is given."""

    def forward(self, x):
        return tuple(one.repeat_interleave(2, -1) for one in super().forward(x))


class Gives(Coarse):
    """Gives what the test makes of its outputs."""

    def forward(self, x):
        return self.made_of(*super().forward(x))


class Learns(Net):
    """Gives a third output in training."""

    def forward(self, x):
        outputs = super().forward(x)
        return (*outputs, x.mean()) if self.training else outputs


class OneImage(Net):
    """Gives the outputs of the first image alone."""

    def forward(self, x):
        return super().forward(x[:1])


class Exits(Net):
    def forward(self, x):
        raise SystemExit('bye')


class Strides(Net):
    """Has the stride that the test puts here."""

    stride: object = torch.tensor(4)


class NotBegun(nn.Module):
    """Forgets the constructor of its base."""

    def __init__(self, **_):
        pass


class Stateful(Net):
    """Changes in training whatever it can."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.norm = nn.BatchNorm2d(arguments['in_channels'])
        self.frozen = nn.BatchNorm2d(arguments['in_channels']).eval()
        self.drop = nn.Dropout(0.5)
        self.register_buffer('calls', torch.zeros(()), persistent=False)

    def forward(self, x):
        self.calls = self.calls + 1
        return super().forward(self.drop(self.frozen(self.norm(x + 1))))


class Small(Net):
    """Fails where an image is wide."""

    def forward(self, x):
        if x.shape[-1] > 60:
            raise KeyError('no\nroom')
        return super().forward(x)


class SmallCoarse(Coarse):
    """Fails where an image is wide, and takes multiples of 4 only."""

    def forward(self, x):
        assert x.shape[-1] <= 60, 'too wide'
        return super().forward(x)


class OneOutput(Net):
    def forward(self, x):
        return self.embed(x)


class Swapped(Net):
    def forward(self, x):
        return super().forward(x)[::-1]


class Integers(Net):
    def forward(self, x):
        embeddings, logits = super().forward(x)
        return embeddings, logits.long()


class OtherArguments(nn.Module):
    def __init__(self, channels):
        super().__init__()


class Full(Net):
    """Runs out of memory."""

    def forward(self, x):
        if x.shape[-1] > 60:
            big = x.new_zeros(1)
            self.big = weakref.ref(big)
            raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB')
        return super().forward(x)


class NoArguments(nn.Module):
    def forward(self, x):
        return x, x


class Raises(Net):
    """Raises what the test puts here, when it is built."""

    error: BaseException = RuntimeError('libfoo.so is\nmissing')

    def __init__(self, **arguments):
        super().__init__(**arguments)
        raise self.error


class WrongInside(Net):
    def __init__(self, *, embedding_dim, num_classes, in_channels):
        super().__init__(embedding_dim=embedding_dim, num_classes=num_classes,
                         in_channels=in_channels)
        self.width = 1 + 'a'


class Divides(Net):
    """Scales by the spread of the image, which may have none."""

    def forward(self, x):
        embeddings, logits = super().forward(x)
        return embeddings / x.std(), logits


class Outer:
    class Inner(Net):
        pass


def function(**_):
    raise AssertionError('nobody may call this')
