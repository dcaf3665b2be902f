"""The classes that the drawer knows. Ids are indices into CLASSES; colours are Cityscapes' where it has the class."""

CLASSES = [
    ("road", (128, 64, 128)),
    ("lane marking", (255, 255, 255)),
    ("sidewalk", (244, 35, 232)),
    ("building", (70, 70, 70)),
    ("vegetation", (107, 142, 35)),
    ("terrain", (152, 251, 152)),
    ("sky", (70, 130, 180)),
    ("pole", (153, 153, 153)),
    ("traffic light", (250, 170, 30)),
    ("traffic sign", (220, 220, 0)),
    ("vehicle", (0, 0, 142)),
    ("person", (220, 20, 60)),
]

NAMES = [name for name, _ in CLASSES]
COUNT = len(CLASSES)
ROAD, LANE, SIDEWALK, BUILDING, VEGETATION, TERRAIN, SKY, POLE, LIGHT, SIGN, VEHICLE, PERSON = range(COUNT)
